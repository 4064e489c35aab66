"""last change of a card."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "card_changes",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("last_change", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
    )
    op.execute(
        "INSERT INTO card_changes (slug, last_change) "
        "SELECT slug, gen_random_uuid() FROM (SELECT slug FROM cards UNION SELECT slug FROM withdrawals) AS known"
    )


def downgrade() -> None:
    op.drop_table("card_changes")
