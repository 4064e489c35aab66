"""Aggregates and callers for tests that touch nothing outside the domain."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from applications.domain.application import Application, Proposal
from applications.domain.authority import Caller, HeldMandate, Parties
from applications.domain.card import card_from
from applications.domain.clock import Deadline, Suspension
from applications.domain.lifecycle import State
from shared.ids import new_id

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
PARTIES = Parties("0198f2c0-1111-7c3d-8e4f-5a6b7c8d9e0f", "cnap-dnipro", "registrar--dnipro")


@pytest.fixture
def an_application(a_card: Callable[..., dict[str, Any]]) -> Callable[..., Application]:
    """Give the builder of an application in a state, as its history would have left it; `card` changes its card."""

    def build(state: str = "submitted", *, card: dict[str, Any] | None = None, **changes: Any) -> Application:
        is_registered = state not in {"submitted", "returned", "withdrawn"}
        values = {
            "id": new_id(),
            "reference": "DP-2026-004217-J",
            "parties": PARTIES,
            "card": card_from(a_card(**(card or {}))),
            "language": "uk",
            "channel": "online",
            "territory": "dnipro",
            "state": State(state),
            "submitted_at": AT,
            "registered_at": AT if is_registered else None,
            "deadline": Deadline(date(2026, 11, 30), 5, 0, "working", AT.date(), ()) if is_registered else None,
            "suspensions": (Suspension(AT),) if state == "awaiting_applicant" else (),
            "proposal": Proposal("granted", (), None, "somebody", AT) if state == "decision_proposed" else None,
        }
        return Application(**{**values, **changes})

    return build


@pytest.fixture
def a_caller() -> Callable[..., Caller]:
    """Give the builder of a caller in a role; `is_ours` tells whether it is held towards the case's parties."""

    def build(role: str, *, is_ours: bool = True, account: str | None = None) -> Caller:
        account = account or str(new_id())
        if role == "citizen":
            return Caller(PARTIES.applicant_id if is_ours else account)
        place = PARTIES.centre if "centre" in role else PARTIES.agency
        return Caller(account, (HeldMandate(role, place if is_ours else f"{place}-other"),))

    return build
