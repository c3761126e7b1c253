"""Files of other tools, read as evidence: one module a format, and the mapping that decides what it means."""
