"""Worked examples as data: what happened, and what must come out; checked like tests."""
