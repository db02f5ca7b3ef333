"""HTTP: parse, call, answer. No query is written here, and no tenant is guessed."""
