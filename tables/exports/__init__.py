"""A table as a file, in pieces: a million rows are never in memory together."""
