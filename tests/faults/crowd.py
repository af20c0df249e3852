"""People at work over HTTP, who try again when the desk does not answer; they note every answer."""

from __future__ import annotations

import http.client
import itertools
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from bench.desk import BODY, QUESTION, WORDS
from tests.services_suite.caller import Answer, Caller

FIRST_ACCOUNT = 7_000_001
PATIENCE = 400.0
ATTEMPTS = (
    {"kind": "call_back", "result": "no_answer"},
    {"kind": "call_back", "result": "wrong_number", "note": "空号"},
    {"kind": "call_back", "result": "reached"},
    {"kind": "private_message", "result": "sent"},
)
"""What the advisors do with the tickets they take, by turns; the last two keep the promise."""
CHASE_EVERY = 5
"""Every so many hand-overs the user before as many asks again, and the team is told."""
FAILED = (OSError, http.client.HTTPException)


@dataclass(slots=True)
class Told:
    """What was answered with success, in the order in which it came."""

    handed_over: list[str] = field(default_factory=list)
    claimed: list[tuple[str, str]] = field(default_factory=list)
    contacted: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    chased: list[str] = field(default_factory=list)
    unexpected: list[Any] = field(default_factory=list)
    interrupted: int = 0

    @property
    def count(self) -> int:
        return len(self.handed_over) + len(self.claimed) + len(self.contacted)


class Crowd:
    def __init__(self, port: int, tokens: dict[str, str], *, hand_overs: int, claims: int) -> None:
        self.told = Told()
        self._port = port
        self._accounts = itertools.count(FIRST_ACCOUNT)
        self._attempts = itertools.cycle(ATTEMPTS)
        self._lock = threading.Lock()
        agents = [name for name in tokens if name.startswith("agent")]
        advisors = [name for name in tokens if name.startswith("advisor")]
        works: list[tuple[Callable[[Person], None], str, int]] = [
            (self._hand_over, name, hand_overs // len(agents)) for name in agents
        ]
        works += [(self._claim, name, claims // len(advisors)) for name in advisors]
        self._threads = [
            threading.Thread(target=self._work, args=(do, Person(port, name, tokens[name]), count))
            for do, name, count in works
        ]

    def begin(self) -> None:
        for thread in self._threads:
            thread.start()

    @property
    def is_busy(self) -> bool:
        return any(thread.is_alive() for thread in self._threads)

    def _work(self, do: Callable[[Person], None], person: Person, count: int) -> None:
        until = time.monotonic() + PATIENCE
        done = 0
        while done < count and time.monotonic() < until:
            try:
                done += bool(do(person))  # type: ignore[func-returns-value]
            except Interrupted:
                with self._lock:
                    self.told.interrupted += 1
                time.sleep(0.2)
        if done < count:
            self.told.unexpected.append(f"{person.name} did {done} of {count}")

    def _hand_over(self, person: Person) -> bool:
        person.connect()  # a proxy spreads connections, not requests: all webs have their share
        with self._lock:
            account = str(next(self._accounts))
        begun = {"channel": "phone", "utterance": WORDS, "question": QUESTION}
        contact = person.post("consultations/", begun).body["id"]
        path = f"consultations/{contact}"
        person.post(f"{path}/answer/", {"node": "several-pages", "value": "no"})
        made = person.post(f"{path}/escalate/", {**BODY, "account_id": account})
        number = made.body["ticket"]["number"]
        self.told.handed_over.append(number)
        person.handed_over.append(number)
        if len(person.handed_over) % CHASE_EVERY == 0:
            with suppress(Interrupted):  # whether it was counted nobody was told
                earlier = person.handed_over[-CHASE_EVERY]
                person.post(f"tickets/{earlier}/chase/", {"note": ""})
                self.told.chased.append(earlier)
        return True

    def _claim(self, person: Person) -> bool:
        taken = person.post("tickets/claim-next/", {})
        if taken.status == 204:
            time.sleep(0.1)
            return False
        number = taken.body["number"]
        self.told.claimed.append((number, person.name))
        with self._lock:
            attempt = next(self._attempts)
        try:
            person.post(f"tickets/{number}/contact/", attempt)
        except Interrupted:
            return True  # whether it was logged nobody was told
        self.told.contacted.append(number)
        if attempt["result"] in ("reached", "sent"):
            self.told.answered.append(number)
        return True


class Interrupted(Exception):
    """No answer, or one that the desk is not well: nobody knows whether it was done."""


class Person:
    def __init__(self, port: int, name: str, token: str) -> None:
        self.name = name
        self.handed_over: list[str] = []
        self._port, self._token = port, token
        self.connect()

    def connect(self) -> None:
        """Come over a new connection from now on."""
        self._caller = Caller(self._port, self._token)

    def post(self, path: str, body: dict[str, Any]) -> Answer:
        """The answer of success; ``Interrupted`` without one; anything else is a failure."""
        try:
            answer = self._caller.post(path, body)
        except FAILED as error:
            self.connect()
            raise Interrupted from error
        if answer.status >= 500:
            raise Interrupted(answer.status)
        assert answer.status in {200, 201, 204}, (path, answer)
        return answer
