"""Signing in: a password or a code, and a second factor where the account has one.

Whether an account exists is never told: a known login and an unknown one are answered alike, and at the same cost.
"""

from dataclasses import replace
from uuid import UUID

from fastapi import BackgroundTasks, Response

from auth.api.pages.csrf import Form, SubmittedForm
from auth.api.pages.entering import CODE, SECOND_FACTOR, enter, enter_or_ask, facts_of, proved_of
from auth.api.pages.rendering import show
from auth.api.pages.routing import page_router
from auth.api.pages.visits import CurrentVisit, Visit
from auth.domain.assurance import Level, level_of, level_of_acr
from auth.domain.contacts import channel_of, normal_login
from auth.domain.errors import LoginFailed, SecondFactorNeeded
from auth.use_cases.prove_identity import prove_password, prove_second_factor
from auth.use_cases.queries import find_account
from auth.use_cases.redeem_sign_in_code import redeem_sign_in_code
from auth.use_cases.request_sign_in_code import deliver_sign_in_code, request_sign_in_code
from auth.use_cases.sessions import Proved

router = page_router()


@router.get("/login")
async def login_page(visit: CurrentVisit) -> Response:
    """Asks for a login and a password, or offers another way."""
    return await _login_page(visit)


@router.post("/login")
async def login(visit: CurrentVisit, form: SubmittedForm, after: BackgroundTasks) -> Response:
    """Checks the password, or sends a code."""
    name, password = form.text("login"), form.secret("password")
    if form.get("with") == "code":
        return await _send_code(visit, name, after)
    missing = {"login": not name, "password": not password}
    if any(missing.values()):
        errors = {field: f"login.{field}.missing" for field, is_missing in missing.items() if is_missing}
        return await _login_page(visit, login=name, errors=errors, status=422)
    try:
        proved, is_second_due = await prove_password(visit.deps, name, password, visit.place)
    except LoginFailed:
        return await _login_page(visit, login=name, errors={"login": "login.failed"}, status=422)
    if not is_second_due and await _would_a_code_do(visit, proved, name):
        return await _send_code(visit, name, after, proved)
    return await enter_or_ask(visit, proved, is_second_due=is_second_due)


async def _would_a_code_do(visit: Visit, proved: Proved, name: str) -> bool:
    """Tell whether a surer sign-in is wished for, and a code to the contact would make it so."""
    wanted, channel = level_of_acr(visit.wishes.get("acr", "")), channel_of(normal_login(name))
    if wanted is None or channel is None:
        return False
    async with visit.deps.database.reading() as connection:
        identity = Level((await find_account(connection, proved.account_id)).identity_level)
    with_code = level_of(identity, (*proved.methods, channel))
    return level_of(identity, proved.methods).rank < wanted.rank <= with_code.rank


async def _login_page(
    visit: Visit, *, login: str = "", errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    query = visit.request.query_params
    return await show(
        visit,
        "login.html",
        status=status,
        errors=errors,
        login=login or query.get("login_hint", "")[:254],
        providers=visit.deps.upstreams.names(visit.language),
        wants_more=level_of_acr(query.get("acr", "")) not in {None, Level.LOW},
        wants_again=bool(query.get("again")),
    )


async def _send_code(visit: Visit, name: str, after: BackgroundTasks, proved: Proved | None = None) -> Response:
    """Send a code to sign in with; `proved`: beside what was proved before."""
    if channel_of(normal_login(name)) is None:
        return await _login_page(visit, login=name, errors={"login": "login.not-a-contact"}, status=422)
    requested = await request_sign_in_code(visit.deps, name, visit.place)
    after.add_task(deliver_sign_in_code, visit.deps, requested)
    response = visit.goes_to(visit.address("/login/code"))
    visit.remember(response, CODE, {"code_id": str(requested.code_id), "login": name, "proved": facts_of(proved)})
    return response


@router.get("/login/code")
async def code_page(visit: CurrentVisit) -> Response:
    """Asks for the code that was sent."""
    facts = visit.recall(CODE)
    if facts is None:
        return visit.goes_to(visit.address("/login"))
    return await show(visit, "login_code.html", login=facts["login"])


@router.post("/login/code")
async def code(visit: CurrentVisit, form: SubmittedForm) -> Response:
    """Checks the code."""
    facts = visit.recall(CODE)
    if facts is None:
        return visit.goes_to(visit.address("/login"))
    try:
        proved, is_second_due = await redeem_sign_in_code(visit.deps, UUID(facts["code_id"]), digits(form, "code"))
    except LoginFailed:
        errors = {"code": "code.wrong"}
        return await show(visit, "login_code.html", status=422, errors=errors, login=facts["login"])
    before = proved_of(facts["proved"])
    if before is not None and before.account_id == proved.account_id:
        proved = replace(before, methods=(*before.methods, *proved.methods))
    return await enter_or_ask(visit, proved, is_second_due=is_second_due)


@router.get("/login/second-factor")
async def second_factor_page(visit: CurrentVisit) -> Response:
    """Asks for the code of the authenticator."""
    if visit.recall(SECOND_FACTOR) is None:
        return visit.goes_to(visit.address("/login"))
    return await show(visit, "second_factor.html")


@router.post("/login/second-factor")
async def second_factor(visit: CurrentVisit, form: SubmittedForm) -> Response:
    """Checks the code of the authenticator, or a recovery code."""
    facts = visit.recall(SECOND_FACTOR)
    if facts is None:
        return visit.goes_to(visit.address("/login"))
    before = proved_of(facts)
    if before is None:
        return visit.goes_to(visit.address("/login"))
    try:
        proved = await prove_second_factor(visit.deps, before, form.text("code", 40), visit.place)
    except (LoginFailed, SecondFactorNeeded):
        return await show(visit, "second_factor.html", status=422, errors={"code": "second-factor.wrong"})
    return await enter(visit, proved)


def digits(form: Form, name: str) -> str:
    """Return a code without the spaces that people type into it."""
    return "".join(form.text(name, 40).split())
