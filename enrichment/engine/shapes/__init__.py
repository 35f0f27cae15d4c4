"""Exchanges of more than one request: what comes after an answer, as functions of the settings and of answers."""
