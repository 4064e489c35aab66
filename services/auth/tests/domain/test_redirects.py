"""Addresses of clients: which can be registered, and which are then theirs."""

import pytest

from auth.domain.redirects import fault_of, is_registered, origin_of, with_answer


@pytest.mark.parametrize(
    "uri",
    [
        "https://portal.example/",
        "https://portal.example",
        "https://portal.example:8443/a/b?c=d",
        "https://xn--80ak6aa92e.example/signed-in",
        "https://portal.example/a%20b",
        "https://portal.example/...",
        "http://127.0.0.1/",
        "http://127.0.0.1:8000/back",
        "http://[::1]:8000/back",
    ],
)
def test_a_whole_address_can_be_registered(uri):
    assert fault_of(uri) is None


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "portal.example",
        "/back",
        "//portal.example/back",
        "https://",
        "https:///back",
        "https://:443/back",
        "http://portal.example/",
        "http://localhost/",
        "http://127.0.0.2/",
        "http://0.0.0.0/",
        "http://127.0.0.1.evil.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://portal.example/",
        "app.portal.example:/back",
        "https://*.portal.example/",
        "https://portal.example/*",
        "https://portal.example/#x",
        "https://portal.example/#",
        "https://user@portal.example/",
        "https://user:secret@portal.example/",
        "https://portal.example/a/../b",
        "https://portal.example/./b",
        "https://portal.example/%2e%2E/b",
        "https://portal.example/a%2f..%2fb",
        "https://PORTAL.example/",
        "HTTPS://portal.example/",
        "https://портал.example/",
        "https://portal.example/привіт",
        "https://portal.example:99999/",
        "https://portal.example:x/",
        "https://portal.example:/",
        "https://-portal.example/",
        "https://portal..example/",
        "https://portal.example\\@evil.example/",
        "https://portal.example/ b",
        "https://portal.example/\n",
        "https://portal.example/\u017f",
        'https://portal.example/"',
        "https://portal.example/<x>",
        "https://portal.example/" + "a" * 2000,
    ],
)
def test_what_a_browser_could_read_otherwise_cannot(uri):
    assert fault_of(uri) is not None


def test_an_address_is_compared_letter_by_letter():
    registered = ["https://portal.example/back"]
    assert is_registered("https://portal.example/back", registered, is_public=False)
    for bent in ("https://portal.example/Back", "https://portal.example/back/", "https://portal.example:443/back"):
        assert not is_registered(bent, registered, is_public=True)


def test_the_port_of_a_public_clients_loopback_address_may_differ():
    registered = ["http://127.0.0.1/back", "http://[::1]:1/back"]
    assert is_registered("http://127.0.0.1:50000/back", registered, is_public=True)
    assert is_registered("http://[::1]:50000/back", registered, is_public=True)
    assert not is_registered("http://127.0.0.1:50000/back", registered, is_public=False)
    assert not is_registered("http://127.0.0.1:50000/back2", registered, is_public=True)


def test_an_answer_goes_into_the_query():
    assert with_answer("https://a.example/b", {"code": "1&2"}) == "https://a.example/b?code=1%262"
    assert with_answer("https://a.example/b?c=d", {"code": "1"}) == "https://a.example/b?c=d&code=1"
    assert origin_of("https://a.example:8443/b?c=d") == "https://a.example:8443"
