"""Phones and e-mail addresses as people type them, in the one form in which they are kept and compared."""

import re

from auth.domain.errors import ContactInvalid

CHANNELS = ("sms", "email")
_PHONE = re.compile(r"\+380[0-9]{9}")
_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[\w-]+"
# one mailbox that any mail relay takes (RFC 5321 §4.1.2 without quoting), in a domain of any script
_EMAIL = re.compile(rf"(?=[^@]{{1,64}}@){_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})+")


def normal_phone(text: str) -> str:
    """Return a Ukrainian number as `+380XXXXXXXXX` (E.164), or raise ContactInvalid."""
    digits = re.sub(r"[\s()\-]", "", text)
    if re.fullmatch(r"0[0-9]{9}", digits):
        digits = f"+38{digits}"
    if re.fullmatch(r"380[0-9]{9}", digits):
        digits = f"+{digits}"
    if not _PHONE.fullmatch(digits):
        raise ContactInvalid("/phone", "A Ukrainian number is needed: +380 and nine digits")
    return digits


def normal_email(text: str) -> str:
    """Return an address in lower case, or raise ContactInvalid. Whether it exists is proved by the code sent to it."""
    address = text.strip().lower()
    if len(address) > 254 or not _EMAIL.fullmatch(address):
        raise ContactInvalid("/email", "This is not an e-mail address")
    return address


def normal_login(text: str) -> str:
    """Return what somebody signs in with in the form in which it was kept: a phone, an e-mail, or an officer's login."""
    for read in (normal_phone, normal_email):
        try:
            return read(text)
        except ContactInvalid:
            continue
    return text.strip().lower()


def channel_of(login: str) -> str | None:
    """Return how somebody is reached at a login in its normal form: `sms`, `email`, or None at an officer's login."""
    if _PHONE.fullmatch(login):
        return "sms"
    return "email" if _EMAIL.fullmatch(login) else None
