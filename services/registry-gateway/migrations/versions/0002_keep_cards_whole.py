"""keep cards whole."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cards",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("register_checks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("slug", "version"),
    )
    op.execute(
        "INSERT INTO cards (slug, version, register_checks) "
        "SELECT public_service, card_version, jsonb_agg(data ORDER BY register) FROM card_checks GROUP BY 1, 2"
    )
    op.drop_table("card_checks")


def downgrade() -> None:
    op.create_table(
        "card_checks",
        sa.Column("public_service", sa.Text(), nullable=False),
        sa.Column("card_version", sa.Integer(), nullable=False),
        sa.Column("register", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("public_service", "card_version", "register"),
    )
    op.execute(
        "INSERT INTO card_checks (public_service, card_version, register, data) "
        "SELECT slug, version, one->>'register', one FROM cards, jsonb_array_elements(register_checks) AS one"
    )
    op.drop_table("cards")
