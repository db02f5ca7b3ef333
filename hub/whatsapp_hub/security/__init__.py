"""Passwords, tokens, keys, signatures: nothing here knows of HTTP or of rows."""
