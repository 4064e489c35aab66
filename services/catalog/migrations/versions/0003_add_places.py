"""add places: territories, service centres, exceptions, offers, access points."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "territories",
        sa.Column("slug", sa.Text(), primary_key=True),
        sa.Column("parent", sa.Text(), sa.ForeignKey("territories.slug")),
        sa.Column("data", postgresql.JSONB(), nullable=False),
    )
    op.create_index("ix_territories_parent", "territories", ["parent"])
    op.create_table(
        "service_centres",
        sa.Column("slug", sa.Text(), primary_key=True),
        sa.Column("territory", sa.Text(), sa.ForeignKey("territories.slug"), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False, server_default="0"),
    )
    op.create_index("ix_service_centres_territory", "service_centres", ["territory"])
    _add_exceptions_and_offers()
    op.create_table(
        "access_points",
        sa.Column("slug", sa.Text(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("territory", sa.Text(), sa.ForeignKey("territories.slug"), nullable=False),
        sa.Column("centre", sa.Text(), sa.ForeignKey("service_centres.slug")),
        sa.Column("lat", sa.Double()),
        sa.Column("lon", sa.Double()),
        sa.Column("is_approximate", sa.Boolean(), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
    )
    op.create_index("ix_access_points_territory", "access_points", ["territory"])
    _move_records()


def _add_exceptions_and_offers() -> None:
    op.create_table(
        "service_centre_exceptions",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("centre", sa.Text(), sa.ForeignKey("service_centres.slug"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("hours", postgresql.JSONB()),
        sa.Column("closed", postgresql.JSONB(), nullable=False),
        sa.Column("reason", postgresql.JSONB(), nullable=False),
        sa.Column("written_by", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("service_centre_exceptions_days", "service_centre_exceptions", ["centre", "to_on", "from_on"])
    op.create_table(
        "service_centre_offers",
        sa.Column("centre", sa.Text(), sa.ForeignKey("service_centres.slug"), primary_key=True),
        sa.Column("public_service", sa.Text(), primary_key=True),
        sa.Column("is_offered", sa.Boolean(), nullable=False),
    )


def _move_records() -> None:
    """What was imported before stays readable; parents and access points come with the next import."""
    op.execute("INSERT INTO territories (slug, data) SELECT slug, data FROM records WHERE kind = 'territory'")
    op.execute(
        """
        INSERT INTO service_centres (slug, territory, data)
        SELECT slug, territory, data FROM records WHERE kind = 'service-centre'
        """
    )
    op.execute("DELETE FROM records WHERE kind IN ('territory', 'service-centre')")


def downgrade() -> None:
    op.execute("INSERT INTO records (kind, slug, data) SELECT 'territory', slug, data FROM territories")
    op.execute(
        """
        INSERT INTO records (kind, slug, territory, data)
        SELECT 'service-centre', slug, territory, data FROM service_centres
        """
    )
    for table in (
        "access_points", "service_centre_offers", "service_centre_exceptions", "service_centres", "territories"
    ):  # fmt: skip
        op.drop_table(table)
