"""Events to receivers over HTTP: at least once, in order within a chat, signed, remembered on disk."""
