"""The API against its own document: drawn requests of every operation, sent as everybody.

Right ones, wrong ones and the edges of every bound, all of schemathesis' checks on each answer. One
test for each operation, so that workers can share them; the requests are the same on every run.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import schemathesis
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, settings
from rest_framework.exceptions import APIException
from schemathesis.core.parameters import ParameterLocation

from klingdesk import problems
from klingdesk.api_document import LINKS
from klingdesk.core.roles import BOT_GROUP
from klingdesk.wsgi import application
from tests.api.conftest import Caller, document
from tests.conftest import NOW, PASSWORD
from tests.standings import attachment, publish
from tests.tickets.services.subscribers import a_subscription
from tickets.models import Ticket
from tickets.services.claims import claim
from tickets.services.exports import request_export, run_exports
from tickets.services.feed import sequence_events
from tickets.services.intake import HandOff, open_intake, take_intake
from tickets.services.returns import return_ticket
from tickets.services.routing import route_tickets
from tickets.services.waiting import wait
from tickets.services.work import log_contact, resolve

EXAMPLES = 8
"""Drawn for each operation beside the edges of its bounds, which are not counted here."""

SCENARIOS = 45

WORDS = {
    "accounts": ["880001", "880004"],
    "agents": ["agent2"],
    "channels": ["call_back", "private_message"],
    "nodes": ["pages", "refresh", "tier2"],
    "passwords": [PASSWORD],
    "people": ["advisor", "advisor2", "agent"],
    "questions": ["twice-charged", "price", "pictured"],
    "teams": ["tier2", "safety"],
    "usernames": ["agent", "manager"],
    "values": ["yes", "no", "again"],
}
"""What exists on the desk of the tests: without it hardly a drawn body would get past look-ups."""

USED = {
    "account_id": "accounts",
    "assignee": "people",
    "chosen": "questions",
    "contact_channel": "channels",
    "from_agent": "agents",
    "node": "nodes",
    "password": "passwords",
    "person": "people",
    "q": "questions",
    "question": "questions",
    "team": "teams",
    "to": "agents",
    "username": "usernames",
    "value": "values",
}

# 422 is about the key of a request alone: the same one is drawn for several.
ACCEPTING = ["2xx", "304", "400", "401", "403", "404", "409", "412", "422"]

BEYOND_SCHEMA = {"account_id", "cursor"}
"""Parameters of a query that are read by rules which no JSON schema can tell."""

CONFIG = schemathesis.Config.from_dict(
    {
        "seed": 1,
        "base-url": "http://testserver",
        "generation": {
            "max-examples": EXAMPLES,
            "deterministic": True,
            "no-shrink": True,
            # Refused in every text, which the document says once instead of in a pattern for each.
            "allow-x00": False,
            "database": "none",
        },
        "suppress-health-check": ["all"],
        # Only the links of the document are followed, none that are guessed from names.
        "phases": {"stateful": {"inference": {"algorithms": []}}},
        # What a service refuses in a body that could be read. Whether the document tells what can
        # be read is judged below, with more words than a status has.
        "checks": {"positive_data_acceptance": {"expected-statuses": ACCEPTING}},
        "dictionaries": {name: {"values": values} for name, values in WORDS.items()},
        "parameters": {
            f"{place}.{name}": {"dictionary": words, "probability": 0.6}
            for name, words in USED.items()
            for place in ("body", "query")
        },
    }
)


def _described() -> Any:
    schema = schemathesis.openapi.from_dict(copy.deepcopy(document()), config=CONFIG)
    schema.app = application
    return schema


schema = _described()


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """Requests use the connection of the test's transaction, as with Django's test client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def bot(desk: None) -> Any:
    user = get_user_model().objects.create_user(username="bot")
    user.groups.add(Group.objects.get(name=BOT_GROUP))
    return user


@pytest.fixture
def everybody(
    person: Callable[..., Any],
    agent: Any,
    agent2: Any,
    advisor: Any,
    advisor2: Any,
    manager: Any,
    editor: Any,
    admin_person: Any,
    bot: Any,
) -> Mapping[str, Mapping[str, str]]:
    """The headers of one caller of each kind."""
    people = {"agent": agent, "advisor": advisor, "manager": manager, "editor": editor}
    people |= {"admin": admin_person, "bot": bot, "stranger": person("stranger"), "nobody": None}
    # As it is, since the checks read the answer as it came over the wire.
    plain = {"accept-encoding": "identity"}
    found = {name: Caller(user, **plain).headers for name, user in people.items()}
    # The checks look for the header under the very name that the document has for it.
    return {
        name: {each.title(): text for each, text in all_.items()} for name, all_ in found.items()
    }


@pytest.fixture
def tickets(make_ticket: Callable[..., Ticket], advisor: Any) -> list[Ticket]:
    """One in each state in which something can be done to it."""
    made = [make_ticket() for _ in range(5)]
    _queued, held, waiting, back, solved = made
    who = {"acting_user": advisor, "now": NOW}
    for ticket in (held, waiting, back, solved):
        claim(number=ticket.number, **who)
    wait(number=waiting.number, note="等截图", next_try_at=NOW.replace(day=6), **who)
    missing = [{"field": "problem", "label": "", "why": "不清楚"}]
    return_ticket(number=back.number, reason="缺", missing=missing, **who)
    log_contact(number=solved.number, kind="private_message", result="sent", **who)
    resolve(number=solved.number, code="fixed", summary="好了", **who)
    sequence_events(now=NOW)
    return made


@pytest.fixture
def intakes(questions: Any, agent: Any, bot: Any) -> list[int]:
    """A user who waits, and one whom an agent has taken."""
    waiting, taken = (
        open_intake(
            acting_user=bot,
            given=HandOff(external_id=name, channel="chat", text="扣了两次"),
            now=NOW,
        )[0]
        for name in ("waiting", "taken")
    )
    take_intake(intake_id=taken.pk, acting_user=agent, question_key=None, now=NOW)
    return [waiting.pk, taken.pk]


@pytest.fixture
def exported(manager: Any, tickets: Any) -> list[int]:
    """An export that is done, and one that waits."""
    asked = {"acting_user": manager, "kind": "tickets", "query": "view=open", "file_format": "csv"}
    done = request_export(**asked, language="en", now=NOW)
    run_exports(now=NOW)
    return [done.pk, request_export(**asked, language="en", now=NOW).pk]


@pytest.fixture
def objects(
    everybody: Any,
    tickets: list[Ticket],
    intakes: list[int],
    exported: list[int],
    at_hand_over: Callable[..., int],
    manager: Any,
) -> Mapping[str, Iterator[Any]]:
    """For each place-holder of an address: what there is, one after the other, round and round."""
    pictured = publish("pictured", attachments=(attachment("图"),))
    # Its address is refused before anything is sent.
    nowhere = a_subscription(manager, url="https://127.0.0.1:9/")
    there = {
        "number": [ticket.number for ticket in tickets],
        "consultation_id": [at_hand_over(), tickets[0].consultations.get().pk],
        "key": ["twice-charged", "pictured"],
        "digest": [pictured.attachments.get().attachment.digest],
        "intake_id": intakes,
        "export_id": exported,
        "subscription_id": [nowhere.pk],
    }
    return {name: itertools.cycle(each) for name, each in there.items()}


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> list[frozenset[str]]:
    """The fields for which requests were refused before any service saw them, latest last."""
    seen: list[frozenset[str]] = []
    of_api_exception = problems._of_api_exception

    def watched(exc: APIException) -> problems.Problem:
        problem = of_api_exception(exc)
        if problem.status == 400:
            seen.append(frozenset(problem.errors))
        return problem

    monkeypatch.setattr(problems, "_of_api_exception", watched)
    return seen


class Doors:
    """Who calls an operation: all who get in, and of the others one after the other.

    Whoever was turned away ``ENOUGH`` times in a row, before anything was read, will hardly learn
    more from the next hundred bodies than that; still one in eight of these is theirs.
    """

    ENOUGH = 5

    def __init__(self, everybody: Mapping[str, Mapping[str, str]]) -> None:
        self._everybody = everybody
        self._refusals = dict.fromkeys(everybody, 0)
        self._turns = itertools.cycle(everybody)

    def callers(self) -> list[tuple[str, Mapping[str, str]]]:
        turn = next(self._turns)
        return [
            (who, headers)
            for who, headers in self._everybody.items()
            if who == turn or self._refusals[who] < self.ENOUGH
        ]

    def tell(self, who: str, status: int) -> None:
        self._refusals[who] = self._refusals[who] + 1 if status in (401, 403) else 0


@pytest.fixture
def doors(everybody: Mapping[str, Mapping[str, str]]) -> Doors:
    return Doors(everybody)


@schema.parametrize()
def test_answers_are_as_described(
    case: Any, doors: Doors, objects: Any, unread: list[frozenset[str]]
) -> None:
    # A new place-holder needs objects above: on what is not there only refusals are tested.
    real = {name: next(objects[name]) for name in case.path_parameters}
    aimed = real and not case.meta.is_negative_at(ParameterLocation.PATH)
    for who, headers in doors.callers():
        sent = case.derive()
        if aimed:
            sent.path_parameters = real
        unread.clear()
        with transaction.atomic():
            cache.clear()
            try:
                response = sent.call_and_validate(headers=headers)
                doors.tell(who, response.status_code)
                check_that_it_could_be_read(sent, response, unread)
            except Exception as failed:
                failed.add_note(f"as {who}")
                raise
            finally:
                transaction.set_rollback(True)


def check_that_it_could_be_read(case: Any, response: Any, unread: list[frozenset[str]]) -> None:
    """What the document allows may be refused for what it means, never for how it is written."""
    if response.status_code == 400 and case.meta.generation.mode.is_positive:
        for names in unread:
            assert names, response.text
            assert names <= BEYOND_SCHEMA, (response.request.url, response.text)


WORKS_ON = {"events": "manager", "tickets": "advisor"}
"""Who follows the links of a group of operations; an agent unless told."""


def test_links_lead_on(everybody: Any, questions: Any, advisor2: Any, agent2: Any) -> None:
    """From answer to next call, as a program would: contact, hand-over, ticket, its end."""
    done: set[str] = set()

    linked = {name for name, _status in LINKS}
    linked |= {target for links in LINKS.values() for target, _parameter in links.values()}

    class Desk(schema.include(operation_id=sorted(linked)).as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:
            cache.clear()
            self.world = transaction.atomic()
            self.world.__enter__()

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self.world.__exit__(None, None, None)

        def before_call(self, case: Any) -> None:
            # About a question that has a flow: else there would be nothing to answer.
            if case.operation.path == "/api/v1/consultations/" and isinstance(case.body, dict):
                case.body = {**case.body, "question": "twice-charged"}

        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            group = case.operation.tags[0]
            return {"headers": everybody[WORKS_ON.get(group, "agent")]}

        def validate_response(self, response: Any, case: Any, **kwargs: Any) -> None:
            # With the headers, so that they count as a login and not as something drawn.
            case.validate_response(response, headers=kwargs["headers"], transport_kwargs=kwargs)

        def after_call(self, response: Any, case: Any) -> None:
            if response.status_code < 300:
                done.add(case.operation.definition.raw["operationId"])
            # What a worker does meanwhile.
            route_tickets(ticket_ids=list(Ticket.objects.values_list("pk", flat=True)), now=NOW)

    Desk.run(
        settings=settings(
            max_examples=SCENARIOS,
            stateful_step_count=8,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
    )
    assert {
        "consultations_create",
        "consultations_answer_create",
        "consultations_retrieve",
    } <= done
