"""keep the order of members: definitions as the text that they are, for people see a form's fields in their order."""

from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLES = ("public_service_versions", "public_service_drafts")


def upgrade() -> None:
    for table in _TABLES:
        op.alter_column(table, "definition", type_=postgresql.JSON(), postgresql_using="definition::json")


def downgrade() -> None:
    for table in _TABLES:
        op.alter_column(table, "definition", type_=postgresql.JSONB(), postgresql_using="definition::jsonb")
