"""A form's fields are held to the platform's formats that the card names, whoever sends them."""

import pytest

FORMS = {
    "rnokpp": ("3297499020", "3297499021"),
    "edrpou": ("43314918", "43314919"),
    "unzr": ("19900101-01234", "19901301-01234"),
    "cadastral-number": ("1210100000:02:345:0067", "1210100000:02:345"),
    "ua-phone": ("+380000000001", "0000000001"),
    "iban": ("UA213223130000026007233566001", "UA213223130000026007233566002"),
    "date": ("2026-11-20", "2026-02-30"),
}


@pytest.mark.parametrize("name", FORMS)
async def test_a_field_of_a_format_is_checked(name, office, catalogue, a_card):
    good, bad = FORMS[name]
    form = {"type": "object", "properties": {"field": {"type": "string", "format": name}}, "required": ["field"]}
    await catalogue.publish(a_card(version=2, form=form, register_checks=[]))
    await office.upload()

    refused = await office.submit(form={"field": bad})
    taken = await office.submit(form={"field": good})

    assert refused.status_code == 422
    assert refused.json()["type"].endswith("/form-invalid")
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/form/field"]
    assert bad not in refused.text
    assert taken.status_code == 201, taken.text
