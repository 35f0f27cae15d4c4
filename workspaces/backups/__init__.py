"""Backups: all that a Marl holds in one file, but for its keys, and how it comes back."""
