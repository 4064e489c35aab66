"""SMS and mail providers. The message's own id is what a provider knows a repeat by, so a repeat after a crash is harmless."""

from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Protocol
from uuid import UUID

import aiosmtplib
import httpx

from notifications.rendering import Text
from notifications.settings import NotificationsSettings


class ProviderUnavailable(Exception):
    """The provider does not answer, or asks to try later."""


class AddressRefused(Exception):
    """The provider will never deliver to this address."""


class Provider(Protocol):
    """Hands a message over. Raises ProviderUnavailable or AddressRefused."""

    async def send(self, message_id: UUID, to: str, text: Text, *, receipt_url: str | None) -> None: ...


class SmsProvider:
    """An SMS provider with an HTTP API that knows messages by our id."""

    def __init__(self, http: httpx.AsyncClient, settings: NotificationsSettings) -> None:
        self._http = http
        self._url = f"{settings.sms_provider_url.rstrip('/')}/sms/v1/messages"
        self._headers = {"Authorization": f"Bearer {settings.sms_provider_key.get_secret_value()}"}

    async def send(self, message_id: UUID, to: str, text: Text, *, receipt_url: str | None) -> None:
        body = {"message_id": str(message_id), "to": to, "text": text.body}
        if receipt_url:
            body["callback_url"] = receipt_url
        try:
            answer = await self._http.post(self._url, json=body, headers=self._headers)
        except httpx.HTTPError as error:
            raise ProviderUnavailable("sms") from error
        if answer.status_code in {400, 422}:
            raise AddressRefused("sms")
        if not answer.is_success:
            raise ProviderUnavailable("sms")


class MailProvider:
    """A mail relay (SMTP, RFC 5321). The Message-ID is stable, so that mail systems fold a repeat (RFC 5322 §3.6.4)."""

    def __init__(self, settings: NotificationsSettings) -> None:
        self._settings = settings

    async def send(self, message_id: UUID, to: str, text: Text, *, receipt_url: str | None) -> None:  # noqa: ARG002
        mail = EmailMessage()
        mail["From"] = self._settings.mail_from
        mail["To"] = _one_address(to)
        mail["Subject"] = text.subject
        mail["Message-ID"] = f"<{message_id}@{self._settings.mail_domain}>"
        mail.set_content(text.body)
        try:
            await aiosmtplib.send(mail, hostname=self._settings.smtp_host, port=self._settings.smtp_port, timeout=5)
        except aiosmtplib.SMTPRecipientsRefused as error:
            if all(refusal.code < 500 for refusal in error.recipients):
                raise ProviderUnavailable("email") from error
            raise AddressRefused("email") from error
        except aiosmtplib.SMTPNotSupported as error:
            raise AddressRefused("email") from error
        except aiosmtplib.SMTPResponseException as error:
            if error.code >= 500:
                raise AddressRefused("email") from error
            raise ProviderUnavailable("email") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            raise ProviderUnavailable("email") from error


def _one_address(to: str) -> Address:
    """Return the one mailbox that `to` is (RFC 5322 §3.4.1): a comma in it must not make two of it."""
    try:
        return Address(addr_spec=to)
    except (ValueError, IndexError, MessageError):
        raise AddressRefused("email") from None
