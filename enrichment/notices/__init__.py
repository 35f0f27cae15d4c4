"""Telling people that a run has ended, where they don't look: by a webhook, or by e-mail."""
