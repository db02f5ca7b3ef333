"""`HUB_BACKEND=kubernetes`: sessions are WhatsAppSession resources. The hub writes them, never pods."""
