"""What Alembic runs: on the connection that `whatsapp_hub.database.migrate` hands over."""

from alembic import context

from whatsapp_hub.database.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    compare_type=True,
    render_as_batch=False,
)
with context.begin_transaction():
    context.run_migrations()
