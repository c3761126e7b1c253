"""slakit: what a service level agreement promises, what happened, what is owed, and until when it can be claimed."""
