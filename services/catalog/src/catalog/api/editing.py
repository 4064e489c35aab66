"""What routes of definitions are given: the editor, the state that was read, the parts of the process."""

from typing import Annotated

from fastapi import Depends, Header, Request

from catalog.api.place_parameters import Slug
from catalog.domain.errors import StateNotNamed
from catalog.domain.life import Editor
from catalog.use_cases.dependencies import Dependencies, Target
from shared.actors import CurrentActor


async def editor_of(actor: CurrentActor) -> Editor:
    """Return the bearer of the token as one who works on definitions."""
    return Editor(actor.subject, [(held.role, held.organisation) for held in actor.mandates])


async def expected_state(if_match: Annotated[str | None, Header(alias="If-Match", max_length=100)] = None) -> str:
    """Return the state that the caller read, from its ETag."""
    if if_match is None:
        raise StateNotNamed
    return if_match.strip().strip('"')


async def dependencies(request: Request) -> Dependencies:
    """Return the parts of this process."""
    deps: Dependencies = request.app.state.dependencies
    return deps


Parts = Annotated[Dependencies, Depends(dependencies)]
CurrentEditor = Annotated[Editor, Depends(editor_of)]
State = Annotated[str, Depends(expected_state)]


async def target(slug: Slug, editor: CurrentEditor, state: State) -> Target:
    """Return what the caller wants changed."""
    return Target(slug, editor, state)


CurrentTarget = Annotated[Target, Depends(target)]
