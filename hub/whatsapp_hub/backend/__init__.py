"""Where sessions run. The hub says what should be, and hears what is."""
