"""What happened: subscriptions, outages, maintenance, tickets. Knows nothing of contracts."""
