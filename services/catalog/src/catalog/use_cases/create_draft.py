"""Begin a new public service: a draft from its agency's defaults, another public service's definition, and what is given."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from catalog.domain.definition import a_year_after
from catalog.domain.definition_rules import Surroundings, definition_faults
from catalog.domain.errors import DefinitionRefused
from catalog.domain.life import Editor
from catalog.storage.drafts import Draft, enter_draft, find_defaults, find_draft
from catalog.storage.tables import idempotency_keys
from catalog.use_cases.copy_service import copied_from
from catalog.use_cases.dependencies import Dependencies, surroundings
from shared.idempotency import IdempotencyKeys, StoredAnswer, fingerprint


@dataclass(frozen=True)
class NewPublicService:
    """What is said of a new public service; what is not said comes from `copy_of`, then from the agency's defaults."""

    given: Mapping[str, Any]
    owner_agency: str | None
    copy_of: str | None
    key: str


async def create_draft(deps: Dependencies, editor: Editor, wanted: NewPublicService) -> Draft:
    """Enter the draft; a repeated request returns what the draft is by then.

    Raises RoleNotAllowed, UnknownPublicService, DefinitionRefused, SlugTaken or CodeTaken.
    """
    owner = _owner(editor, wanted.owner_agency)
    slug = wanted.given["slug"]
    request = fingerprint("draft", repr((wanted.given, owner, wanted.copy_of)).encode())
    async with deps.database.transaction() as connection:
        keys = IdempotencyKeys(idempotency_keys, connection)
        known = await keys.claim(editor.account_id, wanted.key, request)
        if known is None:
            await _enter(deps, connection, owner, editor, wanted)
            await keys.keep(editor.account_id, wanted.key, StoredAnswer(201, {"slug": slug}))
        draft = await find_draft(connection, slug)
    assert draft is not None  # noqa: S101  entered above, or with the key; both stay or go together
    return draft


def _owner(editor: Editor, wanted: str | None) -> str:
    """Return the agency for which a new public service is drafted; who works for several names it."""
    own = editor.agencies()
    if wanted is None and len(own) == 1:
        return own[0]
    if wanted is None:
        raise DefinitionRefused([("/owner_agency", f"one of {', '.join(own)}")])
    editor.demand_drafting(wanted)
    return wanted


async def _enter(
    deps: Dependencies, connection: AsyncConnection, owner: str, editor: Editor, wanted: NewPublicService
) -> None:
    around = await surroundings(connection)
    defaults = await find_defaults(connection, owner)
    template = await copied_from(connection, wanted.copy_of, deps.today) if wanted.copy_of else {}
    dates = {"reviewed_on": deps.today.isoformat(), "review_on": a_year_after(deps.today.isoformat())}
    definition = {**defaults, **template, **dates, **wanted.given, "owner_agency": owner}
    if "form" in template and "form" not in wanted.given:
        definition["form"] = _renamed(template["form"], definition["slug"])
    _fill_scope(definition, around)
    if violations := definition_faults(definition, around):
        raise DefinitionRefused(violations)
    edit = deps.edit_by(editor)
    await enter_draft(connection, Draft(definition["slug"], owner, 0, 0, definition, edit.at, edit.by))


def _renamed(form: Mapping[str, Any], slug: str) -> dict[str, Any]:
    """A form's `$id` is its own: the copy of a form has another."""
    return {**form, "$id": f"urn:forms:{slug}:1"} if "$id" in form else dict(form)


def _fill_scope(definition: dict[str, Any], around: Surroundings) -> None:
    """How far an agency reaches is a fact of the agency; nobody has to say it again."""
    if isinstance(agency := definition.get("agency"), str) and agency in around.agencies:
        definition["agency_scope"] = around.agencies[agency]
