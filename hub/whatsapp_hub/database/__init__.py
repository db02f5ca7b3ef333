"""The database: tables, connections, migrations. Who asks it for rows goes through `whatsapp_hub.store`."""
