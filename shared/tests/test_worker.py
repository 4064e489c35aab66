"""A worker over a table: several items at once, none lost by an error, drained when told to stop."""

import asyncio
from typing import Any

import pytest

from shared.database import DatabaseUnavailable
from shared.worker import LeasingWorker
from tests.support.eventually import eventually


class Numbers(LeasingWorker):
    """Works on numbers of a list; a number is due until it is done."""

    def __init__(self, due: list[int], *, parallel: int = 3) -> None:
        super().__init__("numbers", parallel=parallel)
        self.due = due
        self.done: list[int] = []
        self.at_once = 0
        self.most_at_once = 0
        self.leased: list[int] = []
        self.database_is_lost = False
        self.failing: set[int] = set()
        self.go = asyncio.Event()
        self.go.set()

    async def lease(self, limit: int) -> list[Any]:
        if self.database_is_lost:
            raise DatabaseUnavailable
        self.leased.append(limit)
        taken, self.due = self.due[:limit], self.due[limit:]
        return taken

    async def work(self, item: Any) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.go.wait()
            await asyncio.sleep(0)
            if item in self.failing:
                self.failing.discard(item)
                self.due.append(item)
                raise LookupError(item)
            self.done.append(item)
        finally:
            self.at_once -= 1


async def has_done(worker: Numbers, count: int) -> bool:
    return len(worker.done) >= count


async def test_many_items_are_done_several_at_once_and_no_more_than_allowed(at_work: Any) -> None:
    worker = Numbers(list(range(50)), parallel=4)
    async with at_work(worker):
        await eventually(lambda: has_done(worker, 50), timeout=3)
    assert sorted(worker.done) == list(range(50))
    assert worker.most_at_once == 4
    assert max(worker.leased) <= 4


async def test_an_item_that_fails_does_not_stop_the_others_and_is_tried_again(at_work: Any) -> None:
    worker = Numbers(list(range(10)))
    worker.failing = {0, 5}
    async with at_work(worker):
        await eventually(lambda: has_done(worker, 10))
    assert sorted(worker.done) == list(range(10))


async def test_a_wake_up_finds_new_work_at_once(at_work: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.worker.POLL_SECONDS", 5)
    worker = Numbers([])
    async with at_work(worker):
        await eventually(lambda: _has_leased(worker))
        worker.due.append(1)
        worker.wake()
        await eventually(lambda: has_done(worker, 1), timeout=4)


async def _has_leased(worker: Numbers) -> bool:
    return bool(worker.leased)


async def test_a_lost_database_is_waited_out(at_work: Any) -> None:
    worker = Numbers([1])
    worker.database_is_lost = True
    async with at_work(worker):
        await asyncio.sleep(0)
        worker.database_is_lost = False
        worker.wake()
        await eventually(lambda: has_done(worker, 1))


async def test_a_worker_told_to_stop_finishes_what_is_in_hand_and_takes_no_more() -> None:
    worker = Numbers([1, 2, 3, 4], parallel=2)
    worker.go.clear()
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))

    async def is_busy() -> bool:
        return worker.at_once == 2

    await eventually(is_busy)
    stop.set()
    worker.wake()
    worker.go.set()
    await running
    assert sorted(worker.done) == [1, 2]
    assert worker.due == [3, 4]
