"""Synthetic people and companies as registers know them, found by any key that a register is asked by."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_APOSTROPHES = re.compile("['’ʼ`]")


def plain(value: Any) -> str:
    """Return a key as it is compared: any case, apostrophe and spacing."""
    return " ".join(_APOSTROPHES.sub("'", str(value)).casefold().split())


def _keys(person: Mapping[str, Any]) -> dict[str, set[str]]:
    document = person["identity_document"] or {}
    numbers = [document.get("number")]
    values: dict[str, list[Any]] = {
        "rnokpp": [person["rnokpp"]],
        "edrpou": [person["edrpou"]],
        "code": [person["rnokpp"], person["edrpou"]],
        "unzr": [person["unzr"]],
        "full_name": [person["full_name"], person["declared"].get("full_name")],
        "birth_date": [person["birth_date"]],
        "id_document_number": numbers,
        "document_number": numbers,
        "address": [person["address"]],
        "object_address": [person["address"]],
        "cadastral_number": [parcel["cadastral_number"] for parcel in person["parcels"]],
    }
    for held in person["registers"].values():
        for name, value in held.items():
            values.setdefault(name, []).append(value)
    return {name: {plain(value) for value in found if value is not None} for name, found in values.items()}


class People:
    """Everybody that the registers know."""

    def __init__(self, folder: Path) -> None:
        registers = json.loads((folder / "registers.json").read_text("utf-8"))["registers"]
        people = json.loads((folder / "people.json").read_text("utf-8"))["people"]
        self.registers: dict[str, dict[str, Any]] = {register["slug"]: register for register in registers}
        self._people = [(_keys(person), person["registers"]) for person in people]

    def find(self, register: str, keys: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return what `register` holds of the subject whose keys all agree, or None."""
        wanted = {name: plain(value) for name, value in keys.items()}
        for known, held in self._people:
            if register in held and all(value in known.get(name, ()) for name, value in wanted.items()):
                fields: Mapping[str, Any] = held[register]
                return fields
        return None
