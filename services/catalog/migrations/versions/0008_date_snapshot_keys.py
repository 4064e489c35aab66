"""date snapshot keys: from which day each signs, and which key signed the newest snapshot."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("snapshots", sa.Column("signed_by", sa.Text()))
    op.add_column("snapshot_keys", sa.Column("signs_from", sa.Date()))
    op.execute("UPDATE snapshot_keys SET signs_from = (made_at AT TIME ZONE 'Europe/Kyiv')::date")
    op.alter_column("snapshot_keys", "signs_from", nullable=False)


def downgrade() -> None:
    op.drop_column("snapshot_keys", "signs_from")
    op.drop_column("snapshots", "signed_by")
