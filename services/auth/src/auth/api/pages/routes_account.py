"""One's own account: what is known of it, its password, its sessions, and the clients that were let in."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Response

from auth.api.pages.csrf import SubmittedForm
from auth.api.pages.devices import device_name
from auth.api.pages.rendering import show
from auth.api.pages.routing import page_router
from auth.api.pages.visits import ACCOUNT_PATH, Fresh, SignedIn, Visit
from auth.api.schemas import LONGEST_PASSWORD, SHORTEST_PASSWORD
from auth.domain.errors import PasswordTooGuessable, SessionNotFound
from auth.domain.scopes import find_scope
from auth.use_cases.change_password import PasswordChange, change_password
from auth.use_cases.own_sessions import end_all_others, end_own_session, list_sessions
from auth.use_cases.read_account import ConsentGiven, OwnAccount, read_account
from auth.use_cases.second_factor import read_second_factor
from auth.use_cases.withdraw_consent import withdraw_consent

router = page_router()
_KYIV = ZoneInfo("Europe/Kyiv")
# what the account page can say was done
_DONE = {"password", "linked", "unlinked", "totp-removed", "session", "sessions", "consent"}


@router.get("/account")
async def account_page(visit: SignedIn) -> Response:
    """Shows one's account."""
    deps, account_id = visit.deps, visit.session.account_id
    account = await read_account(deps, account_id)
    names = deps.upstreams.names(visit.language)
    done = visit.request.query_params.get("done", "")
    return await show(
        visit,
        "account.html",
        done=done if done in _DONE else "",
        account=account,
        contacts=_contacts(account),
        second_factor=await read_second_factor(deps, account_id),
        linked={provider: names.get(provider, provider) for provider in account.providers},
        linkable={provider: name for provider, name in names.items() if provider not in account.providers},
        targets=deps.upstreams.origins(),
        sessions=await list_sessions(deps, account_id),
        consents=[(given, _words(given, visit.language)) for given in account.consents],
        device_name=device_name,
        moment=moment,
    )


def _contacts(account: OwnAccount) -> dict[str, str]:
    known = {"name": account.name, "phone": account.phone, "email": account.email}
    return {name: value for name, value in known.items() if value}


def _words(given: ConsentGiven, language: str) -> list[str]:
    known = [scope for name in given.scopes if (scope := find_scope(name))]
    return [scope.uk if language == "uk" else scope.en for scope in known]


def moment(when: datetime) -> str:
    """Return a moment as people in Ukraine write it, in Kyiv time."""
    return f"{when.astimezone(_KYIV):%d.%m.%Y, %H:%M}"


@router.get("/account/password")
async def password_page(visit: Fresh) -> Response:
    """Asks for the new password."""
    return await _password_page(visit)


@router.post("/account/password")
async def set_password(visit: Fresh, form: SubmittedForm) -> Response:
    """Keeps it, and ends the other sessions."""
    password = form.secret("password")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        return await _password_page(visit, errors={"password": "password.length"})
    change = PasswordChange(visit.session.account_id, visit.session.id, visit.place, password, None)
    try:
        await change_password(visit.deps, change)
    except PasswordTooGuessable:
        return await _password_page(visit, errors={"password": "password.guessable"})
    return visit.goes_to(f"{ACCOUNT_PATH}?done=password")


async def _password_page(visit: Visit, errors: dict[str, str] | None = None) -> Response:
    account = await read_account(visit.deps, visit.session.account_id)
    status = 422 if errors else 200
    return await show(visit, "password.html", status=status, errors=errors, has_password=account.has_password)


@router.post("/account/sessions/end")
async def end_session(visit: SignedIn, form: SubmittedForm) -> Response:
    """Ends one of one's sessions."""
    try:
        await end_own_session(visit.deps, visit.session.account_id, UUID(form.text("session")))
    except (SessionNotFound, ValueError):
        return visit.goes_to(ACCOUNT_PATH)
    return visit.goes_to(f"{ACCOUNT_PATH}?done=session")


@router.post("/account/sessions/end-others")
async def end_other_sessions(visit: SignedIn, _form: SubmittedForm) -> Response:
    """Ends every other session."""
    await end_all_others(visit.deps, visit.session.account_id, visit.session.id)
    return visit.goes_to(f"{ACCOUNT_PATH}?done=sessions")


@router.post("/account/consents/withdraw")
async def take_consent_back(visit: SignedIn, form: SubmittedForm) -> Response:
    """Takes back what a client was let do."""
    await withdraw_consent(visit.deps, visit.session.account_id, form.text("client"))
    return visit.goes_to(f"{ACCOUNT_PATH}?done=consent")
