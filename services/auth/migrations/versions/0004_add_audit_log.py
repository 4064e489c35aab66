"""add the audit log: the application's user adds and reads rows, and can neither change nor delete one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# also the owner of the table is stopped, until he takes the trigger away: a mistake is not enough
_REFUSE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'rows of % are written once', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END $$
"""
_TRIGGER = """
CREATE TRIGGER audit_log_is_written_once BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
"""
_REVOKE = """
DO $$ DECLARE name text; BEGIN
  FOR name IN SELECT DISTINCT grantee FROM information_schema.role_table_grants
              WHERE table_name = 'audit_log' AND grantee <> current_user
  LOOP EXECUTE format('REVOKE ALL ON audit_log FROM %I; GRANT SELECT, INSERT ON audit_log TO %I', name, name); END LOOP;
END $$
"""


def upgrade() -> None:
    op.create_table("audit_log",
    sa.Column("position", sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column("id", sa.Uuid(), nullable=False),
    sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("action", sa.Text(), nullable=False),
    sa.Column("outcome", sa.Text(), nullable=False),
    sa.Column("actor", sa.Text(), nullable=True),
    sa.Column("subject", sa.Text(), nullable=False),
    sa.Column("organisation", sa.Text(), nullable=True),
    sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint("position"),
    sa.UniqueConstraint("id")
    )
    op.create_index("audit_log_of_subject", "audit_log", ["subject"], unique=False)
    op.execute(_REVOKE)
    op.execute(_REFUSE)
    op.execute(_TRIGGER)


def downgrade() -> None:
    op.drop_table("audit_log")
    op.execute("DROP FUNCTION refuse_change()")
