"""Tables that can be pasted into a memo."""
