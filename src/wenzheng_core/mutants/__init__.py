"""Mutation of policies: every small slip of the pen in a ``policy.toml``, and who notices it."""
