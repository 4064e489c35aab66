"""Send a one-time code at once: it is not kept, and waits in no queue."""

from notifications.clients.providers import ProviderUnavailable
from notifications.use_cases.dependencies import Dependencies
from shared.http import PeerUnavailable
from shared.ids import new_id


async def send_code(deps: Dependencies, channel: str, to: str, code: str, language: str, *, purpose: str) -> None:
    """Hand the code to the provider. Raises AddressRefused, or PeerUnavailable when that cannot be done now."""
    text = deps.texts.render("code", language, {"code": code, "purpose": purpose})
    try:
        await deps.providers[channel].send(new_id(), to, text, receipt_url=None)
    except ProviderUnavailable as error:
        raise PeerUnavailable(f"The {channel} provider") from error
