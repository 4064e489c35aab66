"""Read, keep and discard drafts: only for who works for the owner agency; to others there are none."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.definition_rules import definition_faults
from catalog.domain.errors import DefinitionRefused, DraftChanged, UnknownDraft
from catalog.domain.life import Editor
from catalog.storage.drafts import Draft, delete_draft, find_draft, keep_draft, lock
from catalog.use_cases.dependencies import Dependencies, Target, surroundings


async def own_draft(connection: AsyncConnection, slug: str, editor: Editor) -> Draft:
    """Return the draft of a public service, or raise UnknownDraft."""
    draft = await find_draft(connection, slug)
    if draft is None or not editor.may_draft(draft.owner_agency):
        raise UnknownDraft(slug)
    return draft


async def locked_draft(connection: AsyncConnection, target: Target) -> Draft:
    """Return the draft for a change, in which nobody else can be meanwhile. Raises UnknownDraft."""
    await lock(connection, target.name)
    return await own_draft(connection, target.name, target.editor)


def demand_state(draft: Draft, target: Target) -> None:
    """Raise DraftChanged unless the draft is what the editor read."""
    if draft.state != target.state:
        raise DraftChanged


async def edit_draft(deps: Dependencies, target: Target, definition: Mapping[str, Any]) -> Draft:
    """Keep the whole definition; from then on the draft builds upon the newest version.

    Raises UnknownDraft, DraftChanged, DefinitionRefused or CodeTaken.
    """
    async with deps.database.transaction() as connection:
        known = await locked_draft(connection, target)
        demand_state(known, target)
        violations = [*_fixed_faults(known, definition), *definition_faults(definition, await surroundings(connection))]
        if violations:
            raise DefinitionRefused(violations)
        edit = deps.edit_by(target.editor)
        changed = replace(known, based_on=known.newest, definition=definition, edited_at=edit.at, edited_by=edit.by)
        await keep_draft(connection, changed)
        return await own_draft(connection, target.name, target.editor)


async def discard_draft(deps: Dependencies, target: Target) -> None:
    """Forget what was edited. Raises UnknownDraft or DraftChanged."""
    async with deps.database.transaction() as connection:
        draft = await locked_draft(connection, target)
        demand_state(draft, target)
        if not draft.is_edited:
            raise UnknownDraft(target.name)
        await delete_draft(connection, target.name)


def _fixed_faults(known: Draft, definition: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A public service keeps its slug and its owner; from the first version on, its code."""
    fixed = {"slug": known.slug, "owner_agency": known.owner_agency}
    if known.newest:
        fixed["code"] = known.definition["code"]
    return [
        (f"/{name}", f"stays '{value}'")
        for name, value in fixed.items()
        if isinstance(definition.get(name), str) and definition[name] != value
    ]
