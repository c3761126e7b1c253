"""What a buyer should know about a policy: one module a topic, each finding beside the check that makes it."""
