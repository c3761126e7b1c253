"""Contract × evidence → facts: the ledger, and what follows from it."""
