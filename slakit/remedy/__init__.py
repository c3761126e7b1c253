"""Facts → money: what a miss earns, what limits it, and until when it can be claimed."""
