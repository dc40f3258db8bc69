"""statmodel."""
