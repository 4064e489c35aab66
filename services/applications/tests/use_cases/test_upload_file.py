"""Uploading supporting documents, and who may download them."""

import pytest


async def test_an_upload_is_stored_under_its_hash_and_noted_as_its_owners(office, tmp_path):
    answer = await office.upload(b"%PDF-1.4\n%%EOF\n")
    assert answer.status_code == 201
    (row,) = await office.rows("files")
    assert answer.json() == {"sha256": row["sha256"], "media_type": "application/pdf", "size": 15}
    assert (row["owner_id"], row["size"]) == (office.account("citizen"), 15)
    stored = tmp_path / "files" / row["sha256"][:2] / row["sha256"]
    assert stored.read_bytes() == b"%PDF-1.4\n%%EOF\n"


async def test_a_repeated_upload_changes_nothing(office):
    first = await office.upload()
    before = await office.counts()
    again = await office.upload()
    assert (again.status_code, again.json()) == (201, first.json())
    assert await office.counts() == before


async def test_a_file_that_is_as_large_as_is_taken_is_stored_whole(office):
    content = b"%PDF-1.4\n" + b"a" * (65_536 - 9)
    assert (await office.upload(content)).json()["size"] == 65_536


@pytest.mark.parametrize("by", ["citizen", "administrator", "head of centre", "representative", "head of agency"])
async def test_who_has_a_part_in_the_case_downloads_its_files(by, office, application_body):
    case = await office.a_case()
    address = f"/v1/applications/{case['id']}/files/{application_body()['documents'][0]['sha256']}"
    answer = await office.get(address, by=by)
    assert answer.status_code == 200
    assert answer.content.startswith(b"%PDF-1.4")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == "attachment"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_a_file_that_was_uploaded_but_not_attached_is_not_in_the_case(office):
    case = await office.a_case()
    other = (await office.upload(b"%PDF-1.4\n% other\n%%EOF\n")).json()["sha256"]
    answer = await office.get(f"/v1/applications/{case['id']}/files/{other}", by="citizen")
    assert answer.status_code == 404
