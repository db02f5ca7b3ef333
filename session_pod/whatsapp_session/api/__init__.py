"""Contract A over HTTP: parse, ask the session, answer. No decision about WhatsApp is made here."""
