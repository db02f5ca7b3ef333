"""Everything that goes out: queued or at once, one path, one order per chat, one message for one key."""
