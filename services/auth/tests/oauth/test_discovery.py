"""What this issuer says that it offers, it does offer."""

import pytest

from auth.domain.assurance import level_of_acr
from tests.support.tokens import ISSUER


@pytest.fixture
async def document(office):
    return (await office.client.get("/.well-known/openid-configuration")).json()


async def test_the_addresses_are_there(office, document):
    assert document["issuer"] == ISSUER
    addresses = {
        name: url.removeprefix(ISSUER) for name, url in document.items() if name.endswith(("_uri", "_endpoint"))
    }
    assert len(addresses) == 7
    assert set(addresses.values()) <= set(office.app.openapi()["paths"])


async def test_every_grant_and_no_other_is_taken(office, document):
    for grant in (*document["grant_types_supported"], "password", "implicit"):
        answer = await office.client.post("/oauth/token", data={"grant_type": grant})
        is_known = answer.json()["error"] != "unsupported_grant_type"
        assert is_known == (grant in document["grant_types_supported"])


async def test_every_service_can_be_named_as_a_resource(office, document):
    for resource in document["resource_indicators_supported"]:
        assert (await office.client_token(resource=resource)).status_code == 200


@pytest.mark.parametrize("prompt", ["none", "login", "consent", "select_account", "create"])
async def test_every_prompt_and_no_other_is_taken(document, portal, prompt):
    location = (await portal.ask(prompt=prompt)).headers["location"]
    is_taken = "error=invalid_request" not in location
    assert is_taken == (prompt in document["prompt_values_supported"])


async def test_every_scope_is_one_of_some_client(document, create):
    for number, scope in enumerate(document["scopes_supported"]):
        machine = await create({"client_id": f"m-{number}", "name": "x", "scopes": [scope]})
        web = {"client_id": f"w-{number}", "name": "x", "kind": "web-public", "redirect_uris": ["https://x.test/"]}
        person = await create(web, scopes=[scope])
        assert sorted([machine.status_code, person.status_code]) == [201, 422], scope


async def test_levels_and_claims_are_those_of_tokens(document, portal, office):
    assert all(level_of_acr(acr) for acr in document["acr_values_supported"])
    tokens = await portal.tokens(scope="openid profile phone email")
    from_token = {"Authorization": f"Bearer {tokens['access_token']}"}
    told = (await office.client.get("/oauth/userinfo", headers=from_token)).json()
    assert set(told) <= set(document["claims_supported"])


async def test_it_says_that_mix_ups_are_noticed_and_proof_keys_needed(document):
    assert document["authorization_response_iss_parameter_supported"] is True
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["response_types_supported"] == ["code"]
    assert document["token_endpoint_auth_signing_alg_values_supported"] == ["ES256"]
    assert "HS256" not in str(document)
    assert "RS256" not in str(document)
