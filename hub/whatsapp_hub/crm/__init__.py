"""What contracts C and D have that is theirs alone: filters, and the bodies of callbacks."""
