"""Confirm a review: the owner looked, found the version right, and says when to look again. The version stays as it is."""

from datetime import date

from sqlalchemy.dialects.postgresql import insert

from catalog.domain.errors import UnknownPublicService
from catalog.domain.life import Editor, check_review
from catalog.storage.publication import tell_of_change
from catalog.storage.tables import reviews
from catalog.use_cases.dependencies import Dependencies
from catalog.use_cases.owner_queries import reviewed_version


async def confirm_review(deps: Dependencies, editor: Editor, slug: str, review_on: date) -> int:
    """Keep the confirmation; return the version that was confirmed.

    Raises UnknownPublicService, RoleNotAllowed or ReviewTooFar.
    """
    edit, today = deps.edit_by(editor), deps.today
    async with deps.database.transaction() as connection:
        row = await reviewed_version(connection, slug, today)
        if row is None:
            raise UnknownPublicService(slug)
        editor.demand_drafting(row.owner_agency)
        check_review(review_on, today)
        confirmed = {"review_on": review_on, "confirmed_by": edit.by}
        entry = insert(reviews).values(slug=slug, version=row.version, confirmed_at=edit.at, **confirmed)
        await connection.execute(entry.on_conflict_do_update(constraint=reviews.primary_key, set_=confirmed))
        await tell_of_change(connection)
    return int(row.version)
