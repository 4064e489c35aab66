"""Keep what new public services of an agency begin with."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.definition_rules import defaults_faults
from catalog.domain.errors import DefinitionRefused, DraftChanged, UnknownAgency
from catalog.domain.life import Editor
from catalog.storage.drafts import enter_defaults, find_defaults, lock, state_of
from catalog.use_cases.dependencies import Dependencies, Target, surroundings


async def own_defaults(connection: AsyncConnection, agency: str, editor: Editor) -> dict[str, Any]:
    """Return an agency's defaults, or raise UnknownAgency: nobody else's business."""
    around = await surroundings(connection)
    if agency not in around.agencies or not editor.may_draft(agency):
        raise UnknownAgency(agency)
    return await find_defaults(connection, agency)


async def keep_defaults(deps: Dependencies, target: Target, defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the defaults as a whole.

    Raises UnknownAgency, RoleNotAllowed, DraftChanged or DefinitionRefused.
    """
    async with deps.database.transaction() as connection:
        await lock(connection, f"defaults {target.name}")
        known = await own_defaults(connection, target.name, target.editor)
        target.editor.demand_head(target.name)
        if state_of(known) != target.state:
            raise DraftChanged
        if violations := defaults_faults(defaults, await surroundings(connection)):
            raise DefinitionRefused(violations)
        await enter_defaults(connection, target.name, defaults, deps.edit_by(target.editor))
        return await find_defaults(connection, target.name)
