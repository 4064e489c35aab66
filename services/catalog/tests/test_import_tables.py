"""Tables: what officials write in a spreadsheet, read as definitions; every fault by row and column."""

import csv
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from catalog.domain.assertions import Assertions
from catalog.domain.columns import COLUMNS, row_of
from catalog.domain.data_set import DataSet
from catalog.domain.days import kyiv_today
from catalog.domain.definition import definition_from
from catalog.domain.faults import find_faults
from catalog.reading import read_data_set
from catalog.settings import NAME
from catalog.storage import tables
from catalog.use_cases.import_data import ImportParts, ImportRefused, import_data
from shared.clock import SystemClock
from shared.contracts import Contracts
from shared.database import Database
from shared.outbox import Outbox

NAMES = [column.name for column in COLUMNS]
Rows = list[list[str]]


@pytest.fixture
def rows(whole_set) -> Rows:
    """The header and the rows of two public services."""
    scopes = {record["slug"]: record["scope"] for record in whole_set["agencies"]["agencies"]}
    table = Assertions(whole_set["assertions"]["form_fields"], whole_set["assertions"]["expected"])
    records = whole_set["services"]["services"][:2]
    return [NAMES, *(row_of(definition_from(record, scopes[record["agency"]], table), {}) for record in records)]


def written(rows: Rows, delimiter: str = ",") -> str:
    text = StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


@pytest.fixture
def read(tmp_path, whole_set) -> Callable[..., tuple[DataSet, list[str]]]:
    """Read a table as a file; return its records and what is wrong with it beside the agencies and registers."""

    def of_table(body: bytes | str) -> tuple[DataSet, list[str]]:
        file = tmp_path / "services.csv"
        file.write_bytes(body.encode() if isinstance(body, str) else body)
        data, _, faults = read_data_set([file])
        known = DataSet()
        for name in ("agencies", "registers"):
            known.add(name, whole_set[name][name], file="known")
        return data, [str(fault) for fault in faults or find_faults(data, known)]

    return of_table


def with_cell(rows: Rows, column: str, cell: str, row: int = 2) -> Rows:
    changed = [list(each) for each in rows]
    changed[row][NAMES.index(column)] = cell
    return changed


def member(node: Any, pointer: str) -> Any:
    for part in pointer.split("/")[1:]:
        node = node[part]
    return node


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_a_table_is_read_whatever_spreadsheet_wrote_it(read, rows, delimiter, mark):
    data, faults = read(mark + written(rows, delimiter).encode())

    assert faults == []
    assert [record["slug"] for record in data["public_services"]] == [row[0] for row in rows[1:]]


def test_rows_may_end_as_on_any_machine(read, rows):
    for line_end in ("\r\n", "\n", "\r"):
        data, faults = read(written(rows).replace("\r\n", line_end))

        assert (faults, len(data["public_services"])) == ([], 2)


def test_every_column_is_described():
    described = (Path(__file__).parents[3] / "docs" / "import.md").read_text("utf-8")

    assert [name for name in NAMES if f"`{name}`" not in described] == []


CELLS = {
    "a date with dots": ("review_on", "01.12.2027", "/review_on", "2027-12-01"),
    "a decimal comma": ("fee_amount_uah", "12,50", "/fee/amount_uah", 12.5),
    "a whole amount": ("fee_amount_uah", " 900 ", "/fee/amount_uah", 900),
    "an empty amount": ("fee_amount_uah", "", "/fee/amount_uah", None),
    "yes in Ukrainian": ("tacit_approval", "Так", "/tacit_approval", True),
    "no as a spreadsheet says it": ("tacit_approval", "ХИБНІСТЬ", "/tacit_approval", False),
    "words": ("channels", "online; service-centre", "/channels", ["online", "service-centre"]),
    "lines": ("legal_basis", "Закон А, ст. 1\r\n\r\nЗакон Б", "/legal_basis", ["Закон А, ст. 1", "Закон Б"]),
    "a text that looks like a formula": ("name_en", "'=1+1", "/name/en", "=1+1"),
    "a text with an apostrophe": ("name_en", "'s-Gravenhage", "/name/en", "'s-Gravenhage"),
}


@pytest.mark.parametrize("said", CELLS.values(), ids=CELLS)
def test_a_cell_says_what_people_mean(read, rows, said):
    column, cell, pointer, wanted = said

    data, _ = read(written(with_cell(rows, column, cell)))

    assert member(data["public_services"][1], pointer) == wanted


def test_what_is_left_empty_is_what_public_services_usually_have(read, rows, whole_set):
    optional = [column.name for column in COLUMNS if column.is_optional]
    kept = [index for index, name in enumerate(NAMES) if name not in optional]

    _, faults = read(written([[row[index] for index in kept] for row in rows]))

    assert faults == []


FAULTS = {
    "a name of 100,000 characters": ("name_uk", "я" * 100_000, ", name_uk: the value is longer than 300 characters"),
    "an empty name": ("name_en", "  ", ", name_en: is empty"),
    "a number in words": ("term_days", "ten", ", term_days: the value is not of type"),
    "a day that is none": ("reviewed_on", "31.02.2026", ", reviewed_on: the value is not a"),
    "neither yes nor no": ("tacit_approval", "maybe", ", tacit_approval: the value is not of type"),
    "an unknown kind": ("kind", "gift", ", kind: the value is not one of"),
    "an unknown agency": ("agency", "nobody", ", agency: unknown agency: nobody"),
    "an unknown channel": ("channels", "online, pigeon", ", channels at /1: the value is not one of"),
    "broken JSON": ("form", '{"type": ', ", form: Not JSON"),
    "a lone surrogate": ("form", '{"a": "\\ud800"}', ", form: Not JSON"),
    "U+0000 in JSON": ("form", '{"a": "\\u0000"}', ", form at /a: U+0000"),
    "U+0000": ("name_en", "a\0b", ", name_en: U+0000 cannot be stored"),
    "a form that asks the network": (
        "form",
        '{"type": "object", "properties": {"x": {"$ref": "http://127.0.0.1/"}}}',
        ", form at /properties/x/$ref: leads out of the form",
    ),
    "a document without a name": ("required_documents", '[{"slug": "a"}]', ", required_documents at /0: "),
}


@pytest.mark.parametrize(("column", "cell", "wanted"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_by_row_and_column(read, rows, column, cell, wanted):
    _, faults = read(written(with_cell(rows, column, cell)))

    assert faults[0].startswith(f"services.csv, row 3{wanted}")
    assert {fault.split(":")[0] for fault in faults} == {faults[0].split(":")[0]}


def test_faults_of_all_rows_are_told_at_once(read, rows):
    _, faults = read(written(with_cell(with_cell(rows, "name_uk", "", row=1), "form", "{", row=2)))

    assert [fault.partition(": ")[0] for fault in faults] == [
        "services.csv, row 2, name_uk",
        "services.csv, row 3, form",
    ]


def test_a_code_that_stands_twice_is_told(read, rows):
    _, faults = read(written(with_cell(rows, "code", rows[1][NAMES.index("code")])))

    (fault,) = faults
    assert fault.startswith("services.csv, row 3, code: ")
    assert fault.endswith(f"is the code of {rows[1][0]} too (services.csv, row 2)")


def parted(sign: str) -> Callable[[Rows], str | bytes]:
    return lambda rows: written(rows, sign)


BROKEN: dict[str, tuple[Callable[[Rows], str | bytes], str]] = {
    "tabs": (parted("\t"), "row 1: the columns are parted by tabs; part them by commas or semicolons"),
    "vertical bars": (parted("|"), "row 1: the columns are parted by vertical bars; part them by commas or semicolons"),
    "no header": (lambda rows: written(rows[1:]), "row 1: has no names of columns"),
    "nothing": (lambda _: "", "row 1: has no names of columns"),
    "half a row": (lambda rows: written([*rows[:2], rows[2][:9]]), f"row 3: has 9 cells, and there are {len(NAMES)} columns"),
    "a cell too many": (lambda rows: written([*rows[:2], [*rows[2], "x"]]), f"row 3: has {len(NAMES) + 1} cells"),
    "half a cell": (lambda rows: written(rows).rstrip() + ',"half', "row 3: cannot be read: "),
    "a column that nobody knows": (
        lambda rows: written([[*rows[0], "nmae"], *([*row, ""] for row in rows[1:])]),
        "row 1, nmae: no column has this name",
    ),
    "a column twice": (lambda rows: written([[*row, row[0]] for row in rows]), "row 1, slug: stands twice"),
    "a missing column": (lambda rows: written([row[1:] for row in rows]), "row 1, slug: this column is missing"),
}  # fmt: skip


@pytest.mark.parametrize(("make", "wanted"), BROKEN.values(), ids=BROKEN)
def test_a_table_that_cannot_be_read_is_told(read, rows, make, wanted):
    _, faults = read(make(rows))

    assert [fault.startswith(f"services.csv, {wanted}") for fault in faults] == [True]


@pytest.mark.parametrize(("encoding", "wanted"), [("cp1251", "it is perhaps windows-1251"), ("utf-16", "it is UTF-16")])
def test_a_table_in_another_encoding_is_told(read, rows, encoding, wanted):
    _, (fault,) = read(written(rows).encode(encoding, "replace"))

    assert fault.startswith("services.csv#: is not UTF-8: byte ")
    assert wanted in fault


async def test_a_table_is_imported_beside_what_the_catalogue_knows(catalogue, folder, rows, whole_set, tmp_path):
    await catalogue.take_in(folder.path)
    files = [folder.path / f"{name}.json" for name in ("agencies", "registers", "assertions")]
    folder.write("agencies", {"agencies": whole_set["agencies"]["agencies"]})
    table = tmp_path / "more.csv"
    table.write_text(written(rows), "utf-8")

    first, second = await catalogue.take_in(*files, table), await catalogue.take_in(table)

    assert [name.split(" ")[1] for name in first.new_versions] == ["v1", "v1"]
    assert (second.new_versions, second.unchanged) == ([], 2)


async def test_of_a_table_without_a_whole_row_only_that_is_told(catalogue, folder, rows, tmp_path):
    table = tmp_path / "half.csv"
    table.write_text(written([rows[0], rows[1][:9]]), "utf-8")
    data, assertions, unread = read_data_set([table])
    database = Database(catalogue.url, pool_size=1)
    outbox = Outbox(tables.outbox, Contracts(), service=NAME, clock=SystemClock())

    with pytest.raises(ImportRefused) as refused:
        await import_data(ImportParts(database, outbox, assertions, kyiv_today()), data, unread=unread)

    await database.dispose()
    assert [str(fault).partition(":")[0] for fault in refused.value.faults] == ["half.csv, row 2"]
