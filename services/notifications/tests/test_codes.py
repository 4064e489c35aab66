"""One-time codes: for auth alone, handed over before the answer, kept nowhere."""

import pytest

CODE = {"channel": "sms", "to": "+380000000001", "code": "123456", "language": "uk", "purpose": "registration"}
SCOPE = {"subject": "auth", "scopes": ["notifications:codes"]}


@pytest.fixture
def send(office):
    async def send(bearer=SCOPE, **changes):
        return await office.client.post("/v1/codes", json=CODE | changes, headers=office.headers(**bearer))

    return send


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({}, "ваш код"),
        ({"channel": "email", "to": "olena@example.com"}, "ваш код"),
        ({"channel": "email", "to": "olena@example.com", "language": "en"}, "is your code for registration"),
        ({"purpose": "sign-in"}, "для входу"),
        ({"channel": "email", "to": "olena@example.com", "language": "en", "purpose": "sign-in"}, "for signing in"),
    ],
)
async def test_a_code_is_with_the_provider_when_it_is_answered_and_is_not_kept(office, send, wanted, words):
    assert (await send(**wanted)).status_code == 202
    whole = CODE | wanted
    [message] = office.providers.sent(whole["to"], whole["channel"])
    assert message["text"].startswith("123456")
    assert words in message["text"]
    assert office.providers.messages.receipts == []
    assert await office.dump() == ""


@pytest.mark.parametrize(
    "bearer",
    [
        {},
        {"scopes": ["operator"]},
        {"role": "head_of_service_centre", "organisation": "cnap-dnipro"},
        {"scopes": ["notifications", "accounts:contact"]},
    ],
)
async def test_only_who_has_the_scope_sends_codes(office, send, problem, bearer):
    assert problem(await send(bearer), 403, "forbidden")
    assert office.providers.sent() == []


@pytest.mark.parametrize("channel", ["sms", "email"])
async def test_a_code_that_cannot_be_sent_now_is_answered_so(office, send, problem, channel):
    to = "olena@example.com" if channel == "email" else CODE["to"]
    office.providers.break_down(channel)
    answer = await send(channel=channel, to=to)
    assert problem(answer, 503, "temporarily-unavailable")
    assert answer.headers["retry-after"]
    office.providers.mend()
    assert (await send(channel=channel, to=to)).status_code == 202


@pytest.mark.parametrize(
    ("channel", "to"),
    [
        ("sms", "+48600000000"),
        ("sms", "olena@example.com"),
        ("email", "+380000000001"),
        ("email", ""),
        ("email", "olena@example.com\r\nBcc: other@example.com"),
        ("email", "two,addresses@example.com"),
        ("email", "тест@example.com"),
    ],
)
async def test_an_address_that_takes_nothing_is_refused(office, send, problem, channel, to):
    assert problem(await send(channel=channel, to=to), 422, "address-refused")
    assert office.providers.sent() == []


@pytest.mark.parametrize(
    "changes",
    [{"channel": "fax"}, {"code": "12345"}, {"code": "12345a"}, {"language": "de"}, {"purpose": "x"}, {"x": 1}],
)
async def test_a_code_of_another_shape_is_refused(send, problem, changes):
    assert problem(await send(**changes), 422, "invalid-request")
