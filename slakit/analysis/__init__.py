"""The questions people ask of contracts and evidence."""
