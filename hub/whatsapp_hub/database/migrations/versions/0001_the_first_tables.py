"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from whatsapp_hub.database.types import Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The tables of the first release."""
    op.create_table(
        "login_failures",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failures")),
    )
    op.create_index(op.f("ix_login_failures_at"), "login_failures", ["at"], unique=False)
    op.create_index(op.f("ix_login_failures_who_at"), "login_failures", ["who", "at"], unique=False)
    op.create_table(
        "tenants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("slug", sa.String(length=63), nullable=False),
        sa.Column("namespace", sa.String(length=63), nullable=True),
        sa.Column("messages_keep_days", sa.Integer(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
        sa.UniqueConstraint("name", name=op.f("uq_tenants_name")),
        sa.UniqueConstraint("slug", name=op.f("uq_tenants_slug")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("last_used_at", Moment(), nullable=True),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_api_keys_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_keys_prefix")),
    )
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("outcome", sa.String(length=60), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_audit_log_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_log")),
    )
    op.create_index(op.f("ix_audit_log_tenant_id_at"), "audit_log", ["tenant_id", "at"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(length=64), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_contacts_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("tenant_id", "phone", name=op.f("uq_contacts_tenant_id_phone")),
    )
    op.create_table(
        "origins",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_origins_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "origin", name=op.f("pk_origins")),
    )
    op.create_index(op.f("ix_origins_origin"), "origins", ["origin"], unique=False)
    op.create_table(
        "sesiones",
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("estado", sa.String(length=20), nullable=False),
        sa.Column("phone_number", sa.String(length=20), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_sesiones_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_sesiones")),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("tokens_after", Moment(), nullable=True),
        sa.Column("language", sa.String(length=5), nullable=True),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_users_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )
    op.create_table(
        "whatsapp_sessions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=320), nullable=False),
        sa.Column("session_id", sa.String(length=100), nullable=False),
        sa.Column("sesion_id", sa.Integer(), nullable=True),
        sa.Column("phone_number", sa.String(length=20), nullable=True),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("last_seen", Moment(), nullable=True),
        sa.Column("auth_folder_path", sa.String(length=500), nullable=True),
        sa.Column("server_port", sa.Integer(), nullable=True),
        sa.Column("whatsapp_user_id", sa.String(length=100), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("cliente_id", sa.Integer(), nullable=False),
        sa.Column("expected_phone", sa.String(length=20), nullable=True),
        sa.Column("operating_mode", sa.String(length=20), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("claim", sa.String(length=10), nullable=False),
        sa.Column("claim_until", Moment(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("state_since", Moment(), nullable=True),
        sa.Column("connecting_since", Moment(), nullable=True),
        sa.Column("ended", sa.Boolean(), nullable=False),
        sa.Column("qr_code", sa.Text(), nullable=True),
        sa.Column("qr_png", sa.Text(), nullable=True),
        sa.Column("qr_expires_at", Moment(), nullable=True),
        sa.Column("account_phone", sa.String(length=20), nullable=True),
        sa.Column("push_name", sa.String(length=200), nullable=True),
        sa.Column("platform", sa.String(length=40), nullable=True),
        sa.Column("last_activity", Moment(), nullable=True),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("webhooks", sa.JSON(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_whatsapp_sessions_tenant_id_tenants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_whatsapp_sessions")),
        sa.UniqueConstraint(
            "tenant_id", "session_id", name=op.f("uq_whatsapp_sessions_tenant_id_session_id")
        ),
        sa.UniqueConstraint("uid", name=op.f("uq_whatsapp_sessions_uid")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_whatsapp_sessions_account_phone"), "whatsapp_sessions", ["account_phone"], unique=False
    )
    op.create_index(
        op.f("ix_whatsapp_sessions_session_id"), "whatsapp_sessions", ["session_id"], unique=False
    )
    op.create_table(
        "callback_receipts",
        sa.Column("session_pk", sa.Integer(), nullable=False),
        sa.Column("webhook_id", sa.String(length=200), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_pk"],
            ["whatsapp_sessions.id"],
            name=op.f("fk_callback_receipts_session_pk_whatsapp_sessions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_callback_receipts_tenant_id_tenants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("session_pk", "webhook_id", name=op.f("pk_callback_receipts")),
    )
    op.create_index(op.f("ix_callback_receipts_at"), "callback_receipts", ["at"], unique=False)
    op.create_table(
        "chats",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_pk", sa.Integer(), nullable=True),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_chats_contact_id_contacts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_pk"],
            ["whatsapp_sessions.id"],
            name=op.f("fk_chats_session_pk_whatsapp_sessions"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_chats_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chats")),
        sa.UniqueConstraint("session_pk", "contact_id", name=op.f("uq_chats_session_pk_contact_id")),
    )
    op.create_index(op.f("ix_chats_contact_id"), "chats", ["contact_id"], unique=False)
    op.create_table(
        "session_changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_pk", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_pk"],
            ["whatsapp_sessions.id"],
            name=op.f("fk_session_changes_session_pk_whatsapp_sessions"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"],
            ["tenants.id"],
            name=op.f("fk_session_changes_tenant_id_tenants"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_changes")),
    )
    op.create_index(op.f("ix_session_changes_at"), "session_changes", ["at"], unique=False)
    op.create_index(
        op.f("ix_session_changes_session_pk_id"), "session_changes", ["session_pk", "id"], unique=False
    )
    op.create_table(
        "mensajes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_pk", sa.Integer(), nullable=True),
        sa.Column("chat_id", sa.Integer(), nullable=False),
        sa.Column("contact_id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("type", sa.String(length=20), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("sender", sa.String(length=64), nullable=False),
        sa.Column("recipient", sa.String(length=64), nullable=False),
        sa.Column("sent_at", Moment(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("tenant_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["chat_id"], ["chats.id"], name=op.f("fk_mensajes_chat_id_chats"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_mensajes_contact_id_contacts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_pk"],
            ["whatsapp_sessions.id"],
            name=op.f("fk_mensajes_session_pk_whatsapp_sessions"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.id"], name=op.f("fk_mensajes_tenant_id_tenants"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mensajes")),
        sa.UniqueConstraint("session_pk", "message_id", name=op.f("uq_mensajes_session_pk_message_id")),
    )
    op.create_index(op.f("ix_mensajes_chat_id_sent_at"), "mensajes", ["chat_id", "sent_at"], unique=False)
    op.create_index(op.f("ix_mensajes_tenant_id_sent_at"), "mensajes", ["tenant_id", "sent_at"], unique=False)


def downgrade() -> None:
    """Nothing was before them."""
    op.drop_index(op.f("ix_mensajes_tenant_id_sent_at"), table_name="mensajes")
    op.drop_index(op.f("ix_mensajes_chat_id_sent_at"), table_name="mensajes")
    op.drop_table("mensajes")
    op.drop_index(op.f("ix_session_changes_session_pk_id"), table_name="session_changes")
    op.drop_index(op.f("ix_session_changes_at"), table_name="session_changes")
    op.drop_table("session_changes")
    op.drop_index(op.f("ix_chats_contact_id"), table_name="chats")
    op.drop_table("chats")
    op.drop_index(op.f("ix_callback_receipts_at"), table_name="callback_receipts")
    op.drop_table("callback_receipts")
    op.drop_index(op.f("ix_whatsapp_sessions_session_id"), table_name="whatsapp_sessions")
    op.drop_index(op.f("ix_whatsapp_sessions_account_phone"), table_name="whatsapp_sessions")
    op.drop_table("whatsapp_sessions")
    op.drop_table("users")
    op.drop_table("sesiones")
    op.drop_index(op.f("ix_origins_origin"), table_name="origins")
    op.drop_table("origins")
    op.drop_table("contacts")
    op.drop_index(op.f("ix_audit_log_tenant_id_at"), table_name="audit_log")
    op.drop_table("audit_log")
    op.drop_table("api_keys")
    op.drop_table("tenants")
    op.drop_index(op.f("ix_login_failures_who_at"), table_name="login_failures")
    op.drop_index(op.f("ix_login_failures_at"), table_name="login_failures")
    op.drop_table("login_failures")
