"""Telling people that a column or a source has run, or could not, where they don't look: by a webhook or by e-mail."""
