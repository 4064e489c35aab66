"""Sign in with a passkey (WebAuthn Level 3 §7.2): no login and no code, for the authenticator holds a key and knows its user.

A counter that does not grow is the sign of a copied authenticator: it is refused and recorded.
"""

import json
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection
from webauthn import generate_authentication_options, options_to_json, verify_authentication_response
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.structs import UserVerificationRequirement

from auth.domain.errors import LoginFailed
from auth.storage.audit import Entry
from auth.storage.tables import passkeys
from auth.use_cases.dependencies import Dependencies
from auth.use_cases.passkeys import find_passkey
from auth.use_cases.sessions import Proved
from auth.use_cases.webauthn_challenges import new_challenge, relying_party, take_challenge

_METHOD = "hwk"


async def begin_passkey_sign_in(deps: Dependencies) -> dict[str, Any]:
    """Return what `navigator.credentials.get` is given: any passkey of this site may answer."""
    async with deps.database.transaction() as connection:
        challenge = await new_challenge(deps, connection, None)
    options = generate_authentication_options(
        rp_id=relying_party(deps.settings).id,
        challenge=challenge,
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(json.loads(options_to_json(options)))


async def prove_passkey(deps: Dependencies, credential: dict[str, Any]) -> Proved:
    """Return whose passkey answered. Raises LoginFailed."""
    async with deps.database.transaction() as connection:
        challenge = await take_challenge(deps, connection, credential, None)
        row = await _find(connection, credential)
        proof = None if challenge is None or row is None else _verified(deps, credential, challenge, row)
        if row is None or proof is None:
            reason = "passkey"
        else:
            reason = "" if await _take_count(deps, connection, row, proof.new_sign_count) else "passkey-copied"
        if reason:
            facts = {"by": reason}
            subject = str(row.account_id) if row is not None else "unknown"
            await deps.audit.record(connection, Entry("sign-in-failed", None, subject, "refused", facts=facts))
    if reason:
        deps.refused_sign_ins.labels(reason).inc()
        deps.waker.wake()
        raise LoginFailed
    return Proved(row.account_id, (_METHOD,))


async def _find(connection: AsyncConnection, credential: dict[str, Any]) -> Any:
    try:
        credential_id = base64url_to_bytes(credential["rawId"])
    except Exception:  # noqa: BLE001  whatever it is, it names no passkey
        return None
    return await find_passkey(connection, credential_id)


def _verified(
    deps: Dependencies, credential: dict[str, Any], challenge: bytes, row: Any
) -> VerifiedAuthentication | None:
    """Return what the answer says, or None. The counter is judged by `_take_count`, after the signature."""
    party = relying_party(deps.settings)
    try:
        handle = base64url_to_bytes(credential["response"]["userHandle"])
        proof = verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin,
            credential_public_key=row.public_key,
            credential_current_sign_count=0,
            require_user_verification=True,
        )
    except Exception:  # noqa: BLE001  whatever the library stumbles over, it is no answer that can be taken
        return None
    return proof if handle == row.account_id.bytes else None


async def _take_count(deps: Dependencies, connection: AsyncConnection, row: Any, count: int) -> bool:
    """Keep the counter of the authenticator if it grew; one that is always 0 does not count (§6.1.1)."""
    grew = passkeys.c.sign_count < count if count else passkeys.c.sign_count == 0
    taken = update(passkeys).where(passkeys.c.credential_id == row.credential_id, grew)
    return bool((await connection.execute(taken.values(sign_count=count, used_at=deps.clock.now()))).rowcount)
