"""date versions: one version in force a day, drafts, reviews, defaults of agencies."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_SEARCHED = ("summary", "folded_name", "folded_text")


def upgrade() -> None:
    # a trusted extension: the owner of the database may create it
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    _date_versions()
    _drop_the_current_copy()
    _add_drafts()
    _add_reviews()
    _add_defaults()
    _add_idempotency_keys()


def _date_versions() -> None:
    versions = "public_service_versions"
    op.add_column(versions, sa.Column("valid_to", sa.Date()))
    op.add_column(versions, sa.Column("published_by", sa.Text()))
    op.add_column(versions, sa.Column("review_on", sa.Date()))
    op.add_column(versions, sa.Column("summary", postgresql.JSONB()))
    op.add_column(versions, sa.Column("folded_name", sa.Text()))
    op.add_column(versions, sa.Column("folded_text", sa.Text()))
    # each ends where the next begins; the names searched are those of the newest, which are the only ones kept so far
    op.execute(
        """
        UPDATE public_service_versions v
        SET valid_to = next.valid_from, published_by = 'import',
            review_on = (v.definition ->> 'reviewed_on')::date + interval '1 year',
            summary = (SELECT jsonb_object_agg(member, v.definition -> member) FROM unnest(ARRAY[
              'name', 'kind', 'agency', 'life_events', 'applicant_kinds', 'channels', 'term', 'fee']) member),
            folded_name = s.folded_name, folded_text = s.folded_text
        FROM public_services s,
          (SELECT slug, version, lead(valid_from) OVER (PARTITION BY slug ORDER BY version) AS valid_from
           FROM public_service_versions) next
        WHERE s.slug = v.slug AND next.slug = v.slug AND next.version = v.version
        """
    )
    for column in ("published_by", "review_on", *_SEARCHED):
        op.alter_column(versions, column, nullable=False)
    computed = sa.Computed("daterange(valid_from, valid_to)", persisted=True)
    op.add_column(versions, sa.Column("validity", postgresql.DATERANGE(), computed, nullable=False))
    op.create_exclude_constraint(
        "public_service_versions_one_a_day", versions, ("slug", "="), ("validity", "&&"), using="gist"
    )
    for column in ("name", "text"):
        op.create_index(
            f"{versions}_{column}", versions, [f"folded_{column}"], postgresql_using="gin",
            postgresql_ops={f"folded_{column}": "gin_trgm_ops"},
        )  # fmt: skip
    op.create_index(f"{versions}_summary", versions, ["summary"], postgresql_using="gin")


def _drop_the_current_copy() -> None:
    for name in ("owner_agency", "agency"):
        op.add_column("public_services", sa.Column(name, sa.Text()))
    op.execute(
        """
        UPDATE public_services s
        SET owner_agency = v.definition ->> 'owner_agency', agency = v.definition ->> 'agency'
        FROM public_service_versions v WHERE v.slug = s.slug AND v.version = s.version
        """
    )
    for name in ("owner_agency", "agency"):
        op.alter_column("public_services", name, nullable=False)
    for name in ("name", "text", "summary"):
        op.drop_index(f"public_services_{name}", "public_services")
    for name in ("version", *_SEARCHED):
        op.drop_column("public_services", name)


def _add_drafts() -> None:
    op.create_table(
        "public_service_drafts",
        sa.Column("slug", sa.Text(), primary_key=True),
        sa.Column("code", sa.Text(), nullable=False, unique=True),
        sa.Column("owner_agency", sa.Text(), nullable=False, index=True),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("definition", postgresql.JSONB(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_by", sa.Text(), nullable=False),
    )


def _add_reviews() -> None:
    op.create_table(
        "public_service_reviews",
        sa.Column("slug", sa.Text(), primary_key=True),
        sa.Column("version", sa.Integer(), primary_key=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("confirmed_by", sa.Text(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["slug", "version"], ["public_service_versions.slug", "public_service_versions.version"]
        ),
    )


def _add_defaults() -> None:
    op.create_table(
        "agency_defaults",
        sa.Column("agency", sa.Text(), primary_key=True),
        sa.Column("defaults", postgresql.JSONB(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_by", sa.Text(), nullable=False),
    )


def _add_idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("subject", sa.Text(), primary_key=True),
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger()),
        sa.Column("body", postgresql.JSONB()),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
    )


def downgrade() -> None:
    for table in ("idempotency_keys", "agency_defaults", "public_service_reviews", "public_service_drafts"):
        op.drop_table(table)
    op.add_column("public_services", sa.Column("version", sa.Integer()))
    op.add_column("public_services", sa.Column("summary", postgresql.JSONB()))
    op.add_column("public_services", sa.Column("folded_name", sa.Text()))
    op.add_column("public_services", sa.Column("folded_text", sa.Text()))
    op.execute(
        """
        UPDATE public_services s
        SET version = v.version, summary = v.summary, folded_name = v.folded_name, folded_text = v.folded_text
        FROM public_service_versions v
        WHERE v.slug = s.slug AND v.version = (SELECT max(version) FROM public_service_versions WHERE slug = s.slug)
        """
    )
    for name in ("version", *_SEARCHED):
        op.alter_column("public_services", name, nullable=False)
    for column in ("name", "text"):
        op.create_index(
            f"public_services_{column}", "public_services", [f"folded_{column}"], postgresql_using="gin",
            postgresql_ops={f"folded_{column}": "gin_trgm_ops"},
        )  # fmt: skip
    op.create_index("public_services_summary", "public_services", ["summary"], postgresql_using="gin")
    for name in ("owner_agency", "agency"):
        op.drop_column("public_services", name)
    op.drop_constraint("public_service_versions_one_a_day", "public_service_versions")
    for name in ("validity", "valid_to", "published_by", "review_on", *_SEARCHED):
        op.drop_column("public_service_versions", name)
