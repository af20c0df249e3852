"""The holder by itself: who builds, who waits, and what happens when the thread is of no use."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from kb.selectors.index_holder import STUCK_SECONDS, TRUSTED_SECONDS, IndexHolder

PATIENCE = 30.0
NEVER = 10_000.0


class Source:
    """A version and what is built from it; either can be made to hang or to fail."""

    def __init__(self) -> None:
        self.number = 1
        self.time = 100.0
        self.builds = 0
        self.trouble: Exception | None = None
        self.hung_version = threading.Event()
        self.hung_build = threading.Event()
        self.version_goes_on = threading.Event()
        self.build_goes_on = threading.Event()
        self.version_goes_on.set()
        self.build_goes_on.set()

    def clock(self) -> float:
        return self.time

    def version(self) -> int:
        if not self.version_goes_on.is_set() and _in_thread():
            self.hung_version.set()
            assert self.version_goes_on.wait(PATIENCE)
        if self.trouble is not None:
            raise self.trouble
        return self.number

    def build(self) -> str:
        number = self.number
        self.builds += 1
        if not self.build_goes_on.is_set():
            self.hung_build.set()
            assert self.build_goes_on.wait(PATIENCE)
        return f"text {number}"


def _in_thread() -> bool:
    return threading.current_thread().name == "search-index"


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def holders(source: Source) -> Iterator[Callable[..., IndexHolder[str]]]:
    made: list[IndexHolder[str]] = []

    def make(*, follows: bool = True, poll_seconds: float = 0.001) -> IndexHolder[str]:
        made.append(
            IndexHolder(
                version=source.version,
                build=source.build,
                follows=follows,
                clock=source.clock,
                poll_seconds=poll_seconds,
            )
        )
        return made[-1]

    yield make
    source.version_goes_on.set()
    source.build_goes_on.set()
    for holder in made:
        holder.stop()


def until(truth: Callable[[], Any]) -> None:
    pause = threading.Event()
    for _ in range(int(PATIENCE * 1000)):
        if truth():
            return
        pause.wait(0.001)
    raise AssertionError("it never came")


def test_without_a_thread_every_call_looks(
    source: Source, holders: Callable[..., IndexHolder[str]]
) -> None:
    holder = holders(follows=False)
    assert holder.current() == "text 1"
    assert (holder.current(), source.builds) == ("text 1", 1)
    source.number = 2
    assert (holder.current(), source.builds) == ("text 2", 2)
    source.number = 1  # a database that was restored from a backup
    assert (holder.current(), source.builds) == ("text 1", 3)
    holder.forget()
    assert (holder.current(), source.builds) == ("text 1", 4)
    assert holder._thread is None


def test_the_first_ones_share_one_build(
    source: Source, holders: Callable[..., IndexHolder[str]]
) -> None:
    holder = holders()
    source.build_goes_on.clear()
    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(holder.current) for _ in range(4)]
        assert source.hung_build.wait(PATIENCE)
        source.build_goes_on.set()
        assert [answer.result(PATIENCE) for answer in answers] == ["text 1"] * 4
    assert source.builds == 1


def test_the_thread_brings_what_is_newer(
    source: Source, holders: Callable[..., IndexHolder[str]]
) -> None:
    holder = holders()
    assert holder.current() == "text 1"
    source.number = 2
    until(lambda: holder.current() == "text 2")
    assert source.builds == 2


def test_a_search_never_waits_for_a_build(
    source: Source, holders: Callable[..., IndexHolder[str]]
) -> None:
    holder = holders()
    assert holder.current() == "text 1"
    source.build_goes_on.clear()
    source.number = 2
    assert source.hung_build.wait(PATIENCE)
    assert holder.current() == "text 1"
    source.time += TRUSTED_SECONDS + 1  # longer than anybody has confirmed the version
    assert holder.current() == "text 1"
    assert source.builds == 2
    source.build_goes_on.set()
    until(lambda: holder.current() == "text 2")


def test_a_thread_that_hangs_is_not_waited_for(
    source: Source, holders: Callable[..., IndexHolder[str]]
) -> None:
    holder = holders()
    assert holder.current() == "text 1"
    source.version_goes_on.clear()
    assert source.hung_version.wait(PATIENCE)
    source.number = 2
    source.time += TRUSTED_SECONDS
    assert holder.current() == "text 1"  # still trusted
    source.time += 0.1
    assert holder.current() == "text 2"


def test_a_build_that_hangs_is_begun_again(
    source: Source, holders: Callable[..., IndexHolder[str]]
) -> None:
    holder = holders()
    assert holder.current() == "text 1"
    source.build_goes_on.clear()
    source.number = 2
    assert source.hung_build.wait(PATIENCE)
    source.number = 3
    holder._build = lambda: f"text {source.number}"
    source.time += STUCK_SECONDS + 1
    assert holder.current() == "text 3"
    source.build_goes_on.set()  # the one that hung reads old text; it is not taken
    until(lambda: holder._building_since is None)
    source.time += TRUSTED_SECONDS + 1
    assert holder.current() == "text 3"


def test_trouble_is_logged_once_and_passes(
    source: Source, holders: Callable[..., IndexHolder[str]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="kb.selectors.index_holder")
    holder = holders()
    assert holder.current() == "text 1"
    source.trouble = ConnectionError("the database is away")
    until(lambda: caplog.records)
    assert holder.current() == "text 1"  # as long as it is trusted
    source.time += TRUSTED_SECONDS + 1
    with pytest.raises(ConnectionError):
        holder.current()
    source.number, source.trouble = 2, None
    until(lambda: len(caplog.records) > 1)
    assert holder.current() == "text 2"
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]


def test_a_build_that_fails_leaves_the_old_one(
    source: Source, holders: Callable[..., IndexHolder[str]]
) -> None:
    holder = holders(follows=False)
    assert holder.current() == "text 1"
    source.number = 2
    good = holder._build

    def crash() -> str:
        raise ValueError("no index can be built from this")

    holder._build = crash
    with pytest.raises(ValueError, match="no index"):
        holder.current()
    holder._build = good
    assert holder.current() == "text 2"


def test_a_forked_process_begins_a_thread_of_its_own(
    source: Source, holders: Callable[..., IndexHolder[str]]
) -> None:
    holder = holders(poll_seconds=NEVER)
    assert holder.current() == "text 1"
    parent, stop = holder._thread, holder._stop
    holder.after_fork()
    source.number = 2
    assert holder.current() == "text 2"
    assert holder._thread is not None
    assert holder._thread is not parent
    stop.set()
    assert parent is not None
    parent.join(PATIENCE)


def test_a_thread_that_died_is_begun_again(
    source: Source, holders: Callable[..., IndexHolder[str]]
) -> None:
    holder = holders(poll_seconds=NEVER)
    holder.current()
    dead = holder._thread
    holder._stop.set()
    assert dead is not None
    dead.join(PATIENCE)
    holder._stop = threading.Event()
    source.number = 2
    source.time += TRUSTED_SECONDS + 1
    assert holder.current() == "text 2"
    assert holder._thread is not dead
