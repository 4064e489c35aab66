"""Open data over HTTP: linked data and a table of everything in force, kept by readers until something changes."""

import csv
import io
import json

import pytest

from tests.support.apps import client_for
from tests.support.eventually import eventually

WHOLE = ["/v1/public-services.jsonld", "/v1/public-services.csv"]


async def test_the_catalogue_is_linked_data(client, whole_set):
    answer = await client.get("/v1/public-services.jsonld")
    assert answer.headers["content-type"] == "application/ld+json"
    document = answer.json()
    services = {node["identifier"]: node for node in document["@graph"] if node["@type"] == "cpsv:PublicService"}
    assert set(services) == {record["code"] for record in whole_set["services"]["services"]}
    assert document["@context"]["@base"] == "http://catalog.test/v1/"
    assert {node["@type"] for node in document["@graph"] if isinstance(node["@type"], str)} >= {
        "dcat:Dataset",
        "cv:PublicOrganisation",
        "dct:Location",
        "skos:Concept",
    }
    organisations = [node for node in document["@graph"] if node["@type"] == "cv:PublicOrganisation"]
    # the shapes of CPSV-AP want a label of an organisation, and a title of the agent that it is
    assert all(node["label"]["uk"] and node["title"] == node["label"] for node in organisations)


async def test_one_service_is_linked_data_with_what_it_names(client):
    whole = (await client.get("/v1/public-services.jsonld")).json()
    answer = await client.get("/v1/public-services/pet-registration.jsonld")
    assert answer.headers["content-type"] == "application/ld+json"
    document = answer.json()
    assert document["@context"] == whole["@context"]
    own = {node["@id"]: node for node in document["@graph"]}
    rest = {node["@id"]: node for node in whole["@graph"]}
    assert own.items() <= rest.items()
    node = own["public-services/pet-registration"]
    assert {node["authority"], *node["audience"], *node["groupedBy"], *node["legalResource"]} <= set(own)
    again = await client.get(
        "/v1/public-services/pet-registration.jsonld", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert (again.status_code, again.content) == (304, b"")


async def test_a_service_that_does_not_exist_has_no_linked_data(client):
    answer = await client.get("/v1/public-services/no-such-service.jsonld")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_the_catalogue_is_a_table(client, whole_set):
    answer = await client.get("/v1/public-services.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    text = answer.content.decode("utf-8")
    assert text.startswith("slug,code,version,")
    lines = text.split("\r\n")
    assert lines[-1] == ""
    assert not any("\n" in line for line in lines)
    rows = {row["slug"]: row for row in csv.DictReader(io.StringIO(text, newline=""), strict=True)}
    assert rows.keys() == {record["slug"] for record in whole_set["services"]["services"]}
    record = next(record for record in whole_set["services"]["services"] if record["slug"] == "birth-registration")
    row = rows["birth-registration"]
    assert row["name_uk"] == record["name_uk"]
    assert row["life_events"].split("; ") == record["life_events"]
    assert (row["term_days"], row["term_unit"]) == (str(record["deadline"]["days"]), record["deadline"]["unit"])
    assert (row["tacit_approval"], row["fee_formula_uk"], row["version"]) == ("false", "", "1")
    assert row["agency_name_en"]


@pytest.mark.parametrize("path", WHOLE)
async def test_who_has_it_is_told_so(client, path):
    first = await client.get(path)
    assert not first.headers["etag"].startswith("W/")
    assert first.headers["cache-control"] == "public, max-age=60"
    again = await client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])


@pytest.mark.parametrize("path", WHOLE)
@pytest.mark.parametrize(
    ("accepted", "is_packed"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("*", True), ("gzip;q=0", False), ("identity", False), ("br", False)],
)
async def test_it_is_packed_for_whom_takes_it_packed(client, path, accepted, is_packed):
    plain = await client.get(path, headers={"Accept-Encoding": "identity"})
    answer = await client.get(path, headers={"Accept-Encoding": accepted})
    assert (answer.headers.get("content-encoding") == "gzip") == is_packed
    assert answer.content == plain.content
    assert answer.headers["vary"] == "Accept-Encoding"
    # a strong ETag names one sequence of bytes
    assert (answer.headers["etag"] == plain.headers["etag"]) == (not is_packed)


async def test_it_changes_with_the_catalogue_and_not_otherwise(catalogue, folder, app_of):
    await catalogue.take_in(folder.path)
    async with client_for(app_of(catalogue)) as client:
        first = {path: (await client.get(path)).headers["etag"] for path in WHOLE}
        await catalogue.take_in(folder.path)
        assert {path: (await client.get(path)).headers["etag"] for path in WHOLE} == first
        folder.change("services", 0, name_en="=HYPERLINK('x')")
        await catalogue.take_in(folder.path)

        async def is_new() -> bool:
            return (await client.get(WHOLE[0])).headers["etag"] != first[WHOLE[0]]

        await eventually(is_new)
        rows = csv.DictReader(io.StringIO((await client.get(WHOLE[1])).text, newline=""))
        # a spreadsheet would run it
        assert "'=HYPERLINK('x')" in {row["name_en"] for row in rows}
        assert "=HYPERLINK('x')" in json.dumps((await client.get(WHOLE[0])).json())


async def test_a_service_that_is_withdrawn_leaves_the_whole_and_says_so_itself(catalogue, folder, app_of, clock):
    await catalogue.take_in(folder.path)
    today = await catalogue.rows("SELECT valid_from FROM public_service_versions LIMIT 1")
    await catalogue.rows(
        "UPDATE public_services SET withdrawn_on = $1 WHERE slug = 'pet-registration'", today[0]["valid_from"]
    )
    async with client_for(app_of(catalogue)) as client:
        whole = (await client.get(WHOLE[0])).json()
        assert "public-services/pet-registration" not in {node["@id"] for node in whole["@graph"]}
        own = (await client.get("/v1/public-services/pet-registration.jsonld")).json()
        (node,) = [node for node in own["@graph"] if node["@id"] == "public-services/pet-registration"]
        assert node["status"].endswith("/DEPRECATED")
