"""Sign in over the API: a password, for officers and operators a second factor, and the tokens of a session."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from auth.use_cases.dependencies import Dependencies
from auth.use_cases.issue_tokens import Tokens, first_party, session_tokens
from auth.use_cases.places import Place
from auth.use_cases.prove_identity import prove_password, prove_second_factor
from auth.use_cases.queries import find_account
from auth.use_cases.redeem_sign_in_code import redeem_sign_in_code
from auth.use_cases.sessions import Proved
from auth.use_cases.sessions import open_session as open_new_session


@dataclass(frozen=True)
class SignIn:
    """What somebody signs in with, and from where; `code` is the authenticator's, or a recovery code."""

    login: str
    password: str
    code: str
    place: Place


@dataclass(frozen=True)
class SignedIn:
    """A new session's tokens, the mandates to choose from, and the token by which the device is known again."""

    tokens: Tokens
    choices: list[Any]
    device_token: str | None = None


async def open_session(deps: Dependencies, sign_in: SignIn) -> SignedIn:
    """Open a session: its tokens carry the only mandate in force, and none of several until one is chosen.

    Raises TooManyAttempts, LoginFailed, SecondFactorNeeded.
    """
    proved, is_second_due = await prove_password(deps, sign_in.login, sign_in.password, sign_in.place)
    if is_second_due:
        proved = await prove_second_factor(deps, proved, sign_in.code, sign_in.place)
    return await open_for(deps, proved, sign_in.place)


async def open_session_by_code(
    deps: Dependencies, code_id: UUID, code: str, second_code: str, place: Place
) -> SignedIn:
    """Open a session with a code that was sent. Raises TooManyAttempts, LoginFailed, SecondFactorNeeded."""
    proved, is_second_due = await redeem_sign_in_code(deps, code_id, code, has_second=bool(second_code))
    if is_second_due:
        proved = await prove_second_factor(deps, proved, second_code, place)
    return await open_for(deps, proved, place)


async def open_for(deps: Dependencies, proved: Proved, place: Place) -> SignedIn:
    """Open a session for somebody who has proved to be the holder of an account."""
    await deps.keys.current()  # read before a connection is held: who holds one and waits for another can wait for ever
    async with deps.database.transaction() as connection:
        opened = await open_new_session(deps, connection, proved, in_browser=False, place=place)
        account = await find_account(connection, proved.account_id)
        tokens = await session_tokens(deps, connection, opened.session_id, first_party(account.kind))
    deps.waker.wake()
    return SignedIn(tokens, opened.mandates, opened.device_token or None)
