"""Charts. Each answers one question, and says the answer in its title."""
