"""search in memory: the processes search, so the tables of words and the folded texts are not needed."""

import sqlalchemy as sa
from alembic import context, op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_VERSIONS = "public_service_versions"


def _with_search_in_tables() -> object:
    """Return the migration that made the tables, functions and triggers which go here."""
    return context.script.get_revision("0004").module


def upgrade() -> None:
    before = _with_search_in_tables()
    before.drop_search()
    for column in ("folded_name", "folded_text"):
        op.drop_column(_VERSIONS, column)


def downgrade() -> None:
    """Fold nearly as the processes do; what they fold besides comes with the next version."""
    for column, texts in (
        ("folded_name", "definition #>> '{name,uk}', definition #>> '{name,en}'"),
        ("folded_text", "definition #>> '{name,uk}', definition #>> '{name,en}', "
                        "definition #>> '{description,uk}', definition #>> '{description,en}'"),
    ):  # fmt: skip
        op.add_column(_VERSIONS, sa.Column(column, sa.Text()))
        op.execute(
            f"""
            UPDATE {_VERSIONS} SET {column} = trim(regexp_replace(
              translate(lower(concat_ws(' ', {texts})), 'ґіїыєэё''’ʼ', 'гиииеее'), '[^\\w]+', ' ', 'g'))
            """
        )
        op.alter_column(_VERSIONS, column, nullable=False)
    _with_search_in_tables().add_search()
