"""Publish a draft as the next version, from a day on."""

from datetime import date

from catalog.domain.definition_rules import definition_faults
from catalog.domain.errors import DayIsPast, DefinitionRefused, DraftOutdated, UnknownDraft, VersionsOverlap
from catalog.domain.life import review_faults
from catalog.storage.drafts import delete_draft
from catalog.storage.publication import NOTHING, Undone, publish, version_from
from catalog.use_cases.dependencies import Dependencies, Target, surroundings
from catalog.use_cases.edit_draft import demand_state, locked_draft


async def publish_version(deps: Dependencies, target: Target, valid_from: date, undone: Undone = NOTHING) -> int:
    """Publish exactly what the head read; return the version's number.

    Raises UnknownDraft, RoleNotAllowed, DraftChanged, DayIsPast, DraftOutdated, DefinitionRefused, and what `publish` does.
    """
    today = deps.today
    async with deps.database.transaction() as connection:
        draft = await locked_draft(connection, target)
        target.editor.demand_head(draft.owner_agency)
        demand_state(draft, target)
        if not draft.is_edited:
            raise UnknownDraft(target.name)
        if valid_from < today:
            raise DayIsPast(valid_from, today)
        if draft.based_on != draft.newest:
            raise DraftOutdated(draft.based_on, draft.newest)
        other = await version_from(connection, target.name, valid_from)
        if valid_from > today and other not in {None, undone.version}:
            raise VersionsOverlap(target.name, other, valid_from)
        # agencies and registers may have gone since the draft was kept
        violations = definition_faults(draft.definition, await surroundings(connection))
        if violations := [*violations, *review_faults(draft.definition, today)]:
            raise DefinitionRefused(violations)
        version = await publish(
            connection, deps.outbox, draft.definition, valid_from=valid_from, by=target.editor.account_id, undone=undone
        )
        if version != draft.newest + 1:  # an import took its turn since the draft was read
            raise DraftOutdated(draft.based_on, version - 1)
        await delete_draft(connection, target.name)
    deps.waker.wake()
    return version
