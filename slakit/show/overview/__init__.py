"""The overview: what is claimable now, what comes next, and every subscription, on one page."""
