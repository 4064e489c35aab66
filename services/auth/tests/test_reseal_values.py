"""A key that seals is changed: what it sealed is sealed anew, and nothing is lost when it has left the ring."""

from base64 import b64encode

from auth.storage import tables
from auth.use_cases.reseal_values import SEALED
from shared.encryption import Cipher

NEXT = f"k2:{b64encode(b'n' * 32).decode()}"


def sealed_columns():
    return {
        column for table in tables.metadata.tables.values() for column in table.c if column.name.endswith("_sealed")
    }


async def sealed_by(office):
    """Return the ids of the keys that what is there was sealed with."""
    found = [
        bytes(getattr(row, column.name)).partition(b"\0")[0]
        for column in SEALED
        for row in await office.rows(column.table)
        if getattr(row, column.name) is not None
    ]
    return set(found), len(found)


def test_every_sealed_column_is_resealed():
    assert set(SEALED) == sealed_columns()


async def test_what_was_sealed_with_an_older_key_is_sealed_anew_and_says_the_same(office, settings, command):
    account_id = await office.a_citizen("+380000000077")
    officer = await office.an_officer()
    await office.register(phone="+380000000078", email="pending@example.test")
    await office.sign_in_officer(officer)
    before, number = await sealed_by(office)
    assert (before, number > 6) == ({b"k1"}, True)

    ring = f"{NEXT},{settings.field_keys.get_secret_value()}"
    code, output = await command("reseal", settings=settings.model_copy(update={"field_keys": ring}))

    assert code == 0, output
    assert await sealed_by(office) == ({b"k2"}, number)
    only_next = Cipher(NEXT, lookup_key=settings.lookup_key.get_secret_value())
    (phone,) = [row.phone_sealed for row in await office.rows(tables.accounts) if str(row.id) == account_id]
    assert only_next.decrypt(phone, f"contact:{account_id}") == b"+380000000077"
    for row in await office.rows(tables.signing_keys):
        assert b"PRIVATE KEY" in only_next.decrypt(row.private_sealed, f"signing_keys:{row.kid}")
    assert {row.actor for row in await office.rows(tables.audit_log) if row.action == "values-resealed"} == {
        "operator:command"
    }
    code, output = await command("reseal", settings=settings.model_copy(update={"field_keys": ring}))
    assert [line.split()[0] for line in output.splitlines()] == ["0"] * len(SEALED)


async def test_without_a_key_of_the_ring_nothing_is_resealed(office, settings, command):
    await office.a_citizen()
    code, _ = await command("reseal", settings=settings.model_copy(update={"field_keys": NEXT}))
    assert code != 0
    assert (await sealed_by(office))[0] == {b"k1"}
