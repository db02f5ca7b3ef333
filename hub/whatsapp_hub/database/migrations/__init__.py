"""Alembic's scripts; `whatsapp_hub.database.migrate` runs them."""
