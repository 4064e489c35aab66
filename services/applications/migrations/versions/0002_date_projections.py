"""date projections."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_CARD_OF_A_CASE = "applications_public_service_card_version_fkey"


def upgrade() -> None:
    op.create_table(
        "withdrawals",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("withdrawn_on", sa.Date(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("slug", "version"),
    )
    op.execute(
        "INSERT INTO withdrawals (slug, version, withdrawn_on) "
        "SELECT DISTINCT ON (slug) slug, version, withdrawn_on FROM cards "
        "WHERE withdrawn_on IS NOT NULL ORDER BY slug, version DESC"
    )
    op.drop_column("cards", "withdrawn_on")
    op.add_column("cards", sa.Column("valid_to", sa.Date(), nullable=True))
    op.add_column("cards", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("organisations", sa.Column("told_at", sa.DateTime(timezone=True), nullable=True))
    op.drop_constraint(_CARD_OF_A_CASE, "applications", type_="foreignkey")


def downgrade() -> None:
    op.create_foreign_key(
        _CARD_OF_A_CASE, "applications", "cards", ["public_service", "card_version"], ["slug", "version"]
    )
    op.drop_column("organisations", "told_at")
    op.drop_column("cards", "told_at")
    op.drop_column("cards", "valid_to")
    op.add_column("cards", sa.Column("withdrawn_on", sa.Date(), nullable=True))
    op.execute(
        "UPDATE cards SET withdrawn_on = (SELECT min(w.withdrawn_on) FROM withdrawals w "
        "WHERE w.slug = cards.slug AND cards.version <= w.version)"
    )
    op.drop_table("withdrawals")
