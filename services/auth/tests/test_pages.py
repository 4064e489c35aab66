"""What holds for every page: two languages, labels, headers that keep others out, and forms that only its own browser sends."""

import json
import re
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts

import auth.api.pages
from auth.api.pages.csrf import submitted_form
from tests.support.browsing import Browser, Page

PASSWORD, PHONE = "long and easy to keep in mind", "+380000000001"
PACKAGE = Path(auth.api.pages.__file__).parent
OPEN_PAGES = ["/login", "/register", "/activate", "/logout", "/logout/done", "/login/upstream/none", "/static/none"]
OWN_PAGES = ["/account", "/account/password", "/account/totp", "/account/passkeys", "/mandates", "/consent?next=%2Fx"]


def post_routes(office):
    routes = iter_route_contexts(office.app.routes)
    return {r.path: r for r in routes if "POST" in (r.methods or ()) and not r.path.startswith(("/v1", "/oauth"))}


@pytest.fixture
async def browser(office):
    """A browser of somebody who is signed in."""
    await office.a_citizen(PHONE)
    browser = Browser(office.client)
    await browser.open("/login")
    assert (await browser.submit(login=PHONE, password=PASSWORD, press="password")).path == "/account"
    return browser


@pytest.mark.parametrize("language", ["uk", "en"])
@pytest.mark.parametrize("path", [*OPEN_PAGES, *OWN_PAGES])
async def test_every_page_is_whole_in_both_languages(browser, path, language):
    browser.language = language
    page = await browser.open(path)
    assert page.answer.status_code in {200, 400, 404}
    assert page.answer.headers["content-language"] == language
    assert page.find("html")[0].get("lang") == language
    assert [element.tag for element in page.elements].count("h1") == 1
    other = {"uk": "en", "en": "uk"}[language]
    [link] = page.find("a", hreflang=other)
    assert link.get("lang") == other
    assert (await browser.open(link.get("href"))).find("html")[0].get("lang") == other


@pytest.mark.parametrize("path", [*OPEN_PAGES, *OWN_PAGES])
async def test_every_page_has_labels_and_nothing_inline_and_keeps_others_out(browser, path):
    page = await browser.open(path)
    check_labels(page)
    check_nothing_inline(page)
    headers = page.answer.headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["form-action"].split()[0] == "'self'"
    assert headers["x-frame-options"] == "DENY"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["x-content-type-options"] == "nosniff"


def check_labels(page: Page):
    ids = [element.get("id") for element in page.elements if element.get("id")]
    assert len(ids) == len(set(ids))
    for field in page.elements:
        if field.tag in {"input", "select"} and field.get("type") != "hidden":
            [label] = page.find("label", for_=field.get("id"))
            assert label.text.strip()
            assert set(field.get("aria-describedby").split()) <= set(ids)
    for button in page.find("button"):
        assert button.text.strip()
    for image in page.find("img"):
        assert image.get("alt")


def check_nothing_inline(page: Page):
    assert page.find("style") == []
    assert all(script.get("src") == "/static/passkeys.js" and not script.text for script in page.find("script"))
    assert [
        e.tag for e in page.elements if any(name == "style" or name.startswith("on") for name in e.attributes)
    ] == []
    assert "javascript:" not in page.answer.text


def test_both_languages_say_the_same_things():
    uk, en = (json.loads((PACKAGE / "texts" / f"{name}.json").read_text("utf-8")) for name in ("uk", "en"))
    assert list(uk) == list(en)
    held = re.compile(r"\{\w+\}")
    assert {key for key in uk if set(held.findall(uk[key])) != set(held.findall(en[key]))} == set()
    assert {key for key in uk if not uk[key].strip() or not en[key].strip()} == set()


def test_every_text_that_a_page_names_is_there_and_every_one_is_named():
    known = json.loads((PACKAGE / "texts" / "uk.json").read_text("utf-8"))
    sources = "\n".join(path.read_text("utf-8") for path in PACKAGE.rglob("*") if path.suffix in {".html", ".py"})
    named = set(re.findall(r'(?<![a-z])t\(\s*"([a-z0-9.-]+)"\s*[,)]', sources))
    assert named - known.keys() == set()
    made = ("role.", "level.", "error.", "account.done.", "confirm.", "account.")
    unused = {key for key in known if f'"{key}"' not in sources and not key.startswith(made)}
    assert {
        key for key in unused if not re.search(r"login\.(login|password)\.missing|register\.\w+\.invalid", key)
    } == set()


def test_every_form_of_a_page_is_taken_only_with_its_token(office):
    unguarded = {
        path
        for path, route in post_routes(office).items()
        if submitted_form not in [dependency.call for dependency in route.dependant.dependencies]
    }
    assert unguarded == set()
    assert len(post_routes(office)) > 15


FOREIGN = {
    "no token": ({}, {}),
    "a token that is made up": ({}, {"csrf": "f" * 64}),
    "another browser's token": ({}, "other"),
    "no cookie": ({"cookie": "x=y"}, "own"),
    "another site": ({"sec-fetch-site": "cross-site"}, "own"),
    "a sister site": ({"sec-fetch-site": "same-site"}, "own"),
    "another origin": ({"origin": "https://evil.example"}, "own"),
    "no origin at all": ({"origin": "null"}, "own"),
    "a token that is no text of ASCII": ({}, {"csrf": "ї" * 64}),
}


@pytest.mark.parametrize("how", FOREIGN)
async def test_a_form_from_elsewhere_is_refused_with_a_page(office, browser, how):
    await browser.open("/account/password")
    own = {"csrf": browser.page.find("input", name="csrf")[0].get("value")}
    async with office.from_elsewhere("192.0.2.7") as client:
        page = await Browser(client).open("/login")
        other = {"csrf": page.find("input", name="csrf")[0].get("value")}
    headers, fields = FOREIGN[how]
    sent = {"own": own, "other": other}[fields] if isinstance(fields, str) else fields
    form = sent | {"password": "another good passphrase", "with": "password"}
    for path in sorted(post_routes(office)):
        address = path.replace("{provider}", "bankid")
        answer = await office.client.post(address, data=form, headers={"Accept-Language": "en", **headers})
        signs_in_first = answer.status_code == 303 and answer.headers["location"].startswith("/login?")
        assert answer.status_code == 403 or (how == "no cookie" and signs_in_first), path
        if answer.status_code == 403:
            assert Page(answer).title == "The form is out of date"
    events = [action for action, _ in await office.trail()]
    assert "password-changed" not in events


async def test_a_form_without_fetch_metadata_is_taken_with_its_token(office, browser):
    await browser.open("/account/password")
    own = browser.page.find("input", name="csrf")[0].get("value")
    answer = await office.client.post("/account/password", data={"csrf": own, "password": "another good passphrase"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?done=password")


@pytest.mark.parametrize(
    ("headers", "query", "language"),
    [
        ({}, {}, "uk"),
        ({"accept-language": "en-GB,en;q=0.9,uk;q=0.8"}, {}, "en"),
        ({"accept-language": "de, uk;q=0.3, en;q=0.2"}, {}, "uk"),
        ({"accept-language": "uk;q=0, en;q=0.1"}, {}, "en"),
        ({"accept-language": "de;q=x,*"}, {}, "uk"),
        ({"accept-language": "uk"}, {"ui_locales": "fr en"}, "en"),
        ({"accept-language": "uk"}, {"lang": "en", "ui_locales": "uk"}, "en"),
        ({"accept-language": "en"}, {"lang": "xx"}, "en"),
    ],
)
async def test_a_page_is_in_the_language_that_is_asked_for(office, headers, query, language):
    answer = await office.client.get("/login", headers=headers, params=query)
    assert answer.headers["content-language"] == language


async def test_a_chosen_language_stays(office):
    browser = Browser(office.client, language="uk")
    await browser.open("/login", lang="en")
    assert (await browser.open("/register")).find("html")[0].get("lang") == "en"


async def test_pages_are_not_in_the_document_of_the_api(office):
    documented = office.app.openapi()["paths"]
    assert [path for path in documented if not path.startswith(("/v1", "/oauth", "/.well-known", "/problems"))] == []


@pytest.mark.parametrize(("name", "kind"), [("pages.css", "text/css"), ("passkeys.js", "text/javascript")])
async def test_style_and_script_come_from_here(office, name, kind):
    answer = await office.client.get(f"/static/{name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(kind)
    assert (await office.client.get("/static/..%2Fcsrf.py")).status_code == 404
