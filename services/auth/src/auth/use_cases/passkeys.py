"""Passkeys of an account (WebAuthn Level 3): added, listed and removed by who signed in within ten minutes."""

import json
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection
from webauthn import generate_registration_options, options_to_json, verify_registration_response
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration

from auth.domain.errors import LastWayIn, PasskeyNotFound, PasskeyRefused, TooManyPasskeys
from auth.storage.audit import Entry
from auth.storage.tables import passkeys
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.fresh_session import fresh_session
from auth.use_cases.queries import name_of
from auth.use_cases.ways_in import has_way_in
from auth.use_cases.webauthn_challenges import new_challenge, relying_party, take_challenge

_NAME = "Virtual Office"
_MOST_PASSKEYS = 20
_SELECTION = AuthenticatorSelectionCriteria(
    resident_key=ResidentKeyRequirement.REQUIRED,
    require_resident_key=True,
    user_verification=UserVerificationRequirement.REQUIRED,
)


async def begin_passkey(deps: Dependencies, account_id: UUID, session_id: UUID) -> dict[str, Any]:
    """Return what `navigator.credentials.create` is given. Raises SessionEnded, FreshSignInNeeded, TooManyPasskeys."""
    async with deps.database.transaction() as connection:
        _, account = await fresh_session(deps, connection, account_id, session_id)
        known = await list_passkeys(connection, account_id)
        if len(known) >= _MOST_PASSKEYS:
            raise TooManyPasskeys
        challenge = await new_challenge(deps, connection, account_id)
    options = generate_registration_options(
        rp_id=relying_party(deps.settings).id,
        rp_name=_NAME,
        user_id=account_id.bytes,
        user_name=name_of(deps, account),
        challenge=challenge,
        authenticator_selection=_SELECTION,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=row.credential_id) for row in known],
    )
    return dict(json.loads(options_to_json(options)))


async def add_passkey(
    deps: Dependencies, account_id: UUID, session_id: UUID, credential: dict[str, Any], name: str
) -> bytes:
    """Keep the passkey that the authenticator made, and return its id.

    Raises SessionEnded, FreshSignInNeeded, PasskeyRefused, TooManyPasskeys.
    """
    async with deps.database.transaction() as connection:
        challenge = await take_challenge(deps, connection, credential, account_id)
    async with deps.database.transaction() as connection:
        await fresh_session(deps, connection, account_id, session_id)
        made = _verified(deps, credential, challenge)
        if await _number(connection, account_id) >= _MOST_PASSKEYS:
            raise TooManyPasskeys
        row = {
            "credential_id": made.credential_id,
            "account_id": account_id,
            "public_key": made.credential_public_key,
            "sign_count": made.sign_count,
            "name": name,
            "created_at": deps.clock.now(),
        }
        if not (await connection.execute(insert(passkeys).values(row).on_conflict_do_nothing())).rowcount:
            raise PasskeyRefused
        await deps.audit.record(connection, Entry("passkey-added", str(account_id), str(account_id)))
    deps.waker.wake()
    return made.credential_id


async def remove_passkey(deps: Dependencies, account_id: UUID, session_id: UUID, credential_id: bytes) -> None:
    """Forget a passkey. Raises SessionEnded, FreshSignInNeeded, PasskeyNotFound, LastWayIn."""
    async with deps.database.transaction() as connection:
        await fresh_session(deps, connection, account_id, session_id)
        is_it = passkeys.c.credential_id == credential_id, passkeys.c.account_id == account_id
        if not (await connection.execute(delete(passkeys).where(*is_it))).rowcount:
            raise PasskeyNotFound
        if not await has_way_in(connection, account_id):
            raise LastWayIn
        await deps.audit.record(connection, Entry("passkey-removed", str(account_id), str(account_id)))
    deps.waker.wake()


async def list_passkeys(connection: AsyncConnection, account_id: UUID) -> list[Any]:
    """Return the passkeys of an account, the oldest first."""
    query = select(passkeys).where(passkeys.c.account_id == account_id).order_by(passkeys.c.created_at)
    return list((await connection.execute(query)).all())


async def find_passkey(connection: AsyncConnection, credential_id: bytes) -> Any:
    """Return a passkey, or None."""
    return (await connection.execute(select(passkeys).where(passkeys.c.credential_id == credential_id))).first()


def _verified(deps: Dependencies, credential: dict[str, Any], challenge: bytes | None) -> VerifiedRegistration:
    if challenge is None:
        raise PasskeyRefused
    party = relying_party(deps.settings)
    try:
        return verify_registration_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            require_user_verification=True,
        )
    except Exception:  # noqa: BLE001  whatever the library stumbles over, it is no answer that can be taken
        raise PasskeyRefused from None


async def _number(connection: AsyncConnection, account_id: UUID) -> int:
    query = select(func.count()).select_from(passkeys).where(passkeys.c.account_id == account_id)
    return (await connection.execute(query)).scalar_one()
