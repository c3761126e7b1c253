"""Plans beside each other: terms, credits, ranking, and the same outages under each contract."""
