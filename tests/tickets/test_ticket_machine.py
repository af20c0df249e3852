"""People of every role do everything to a few tickets in any order; afterwards the books balance.

The model is the table of transitions, written down here a second time in the tests of the rules:
what the table allows must work, what it does not must be refused, and the timeline alone must
lead to the present state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from kb.models import StandardQuestion
from klingdesk.core.errors import Conflict, Invalid, NotAllowed, NotFound
from klingdesk.core.roles import Role, roles_of
from tests.conftest import NOW
from tests.tickets.services.steps import MISSING
from tickets.models import Clock, Team, Ticket, Undo
from tickets.rules import transitions
from tickets.selectors.access import allowed_actions, may_see
from tickets.services.alarms import fire_alarms
from tickets.services.cancelling import cancel
from tickets.services.chases import chase
from tickets.services.claims import claim, claim_next, release
from tickets.services.closing import close_resolved
from tickets.services.completing import Corrections, complete
from tickets.services.merging import merge
from tickets.services.notes import add_note
from tickets.services.priorities import set_priority
from tickets.services.privacy import reveal
from tickets.services.reopening import reopen
from tickets.services.returns import return_ticket
from tickets.services.routing import sweep_new_tickets
from tickets.services.transfers import transfer
from tickets.services.undo import undo
from tickets.services.waiting import resume, wait
from tickets.services.watching import unwatch, watch
from tickets.services.work import log_contact, resolve

PEOPLE: dict[str, tuple[Role, str | None]] = {
    "m-agent": (Role.AGENT, None),
    "m-agent2": (Role.AGENT, None),
    "m-advisor": (Role.ADVISOR, "tier2"),
    "m-advisor2": (Role.ADVISOR, "tier2"),
    "m-safety": (Role.ADVISOR, "safety"),
    "m-manager": (Role.MANAGER, None),
}
ACCOUNTS = ("880001", "880002")
QUESTIONS = ("twice-charged", "price")

people = st.sampled_from(sorted(PEOPLE))
which = st.integers(0, 7)
numbers = st.integers(0, 999)
later = st.sampled_from((0, 0, 1, 5, 24, 72))
"""Hours that pass before somebody acts."""

DESTINATIONS = (
    {"team": "tier2"},
    {"team": "safety"},
    {"person": "m-advisor"},
    {"person": "m-advisor2"},
    {"person": "m-safety"},
)

# Every action, with good input; ``drawn`` decides where there is something to choose.
ACTS: dict[str, Callable[..., object]] = {
    "claim": lambda drawn, **who: claim(**who),
    "release": lambda drawn, **who: release(**who),
    "contact": lambda drawn, **who: log_contact(
        kind="private_message", result="sent", resume=drawn % 2 == 0, **who
    ),
    "resolve": lambda drawn, **who: resolve(code="fixed", summary="好", **who),
    "wait": lambda drawn, now, **who: wait(
        note="等截图", next_try_at=now + timedelta(hours=1 + drawn % 48), now=now, **who
    ),
    "resume": lambda drawn, **who: resume(**who),
    "return": lambda drawn, **who: return_ticket(reason="资料不全", missing=MISSING, **who),
    "complete": lambda drawn, **who: complete(corrections=Corrections(), note="已核对", **who),
    "note": lambda drawn, **who: add_note(note="备注", **who),
    "chase": lambda drawn, **who: chase(note="又问", **who),
    "transfer": lambda drawn, **who: transfer(
        reason="转", **DESTINATIONS[drawn % len(DESTINATIONS)], **who
    ),
    "priority": lambda drawn, **who: set_priority(priority=drawn % 3, reason="急", **who),
    "cancel": lambda drawn, **who: cancel(reason="撤回", **who),
    "reopen": lambda drawn, **who: reopen(reason="又来了", **who),
    "watch": lambda drawn, **who: watch(**who),
    "unwatch": lambda drawn, **who: unwatch(**who),
    "reveal": lambda drawn, **who: reveal(reason="回拨前核对", **who),
    "undo": lambda drawn, **who: undo(**who),
}
ACTIONS = (*sorted(ACTS), "merge")
QUIET = frozenset({"watch", "unwatch", "reveal", "note", "chase", "cancel", "undo"})
"""Offered nearly always: drawn at random they come often enough."""


class TicketMachine(RuleBasedStateMachine):
    """One desk with a clock of its own; nothing is committed."""

    make_ticket: Callable[..., Ticket]
    people: dict[str, Any]
    names: dict[int, str]
    tried: Counter[str]
    done: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW
        self.ids: list[int] = []
        self.seen_through = self.quiet_through = False
        self.savepoint = transaction.savepoint()

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.savepoint)

    # --- getting on -------------------------------------------------------------------------------

    @initialize()
    def first_tickets(self) -> None:
        """Two of one account: they can be merged."""
        self._hand_over("m-agent", 0, routed=True, question="price")
        self._hand_over("m-agent2", 0, routed=True)

    @rule(
        what=st.sampled_from(("hand over", "sweep", "take the next")),
        user=people,
        account=st.integers(0, 1),
        routed=st.booleans(),
        question=st.sampled_from(QUESTIONS),
    )
    def get_on(self, what: str, user: str, account: int, routed: bool, question: str) -> None:
        """What is no action on one ticket."""
        if what == "sweep":
            fire_alarms(now=self.now)
            close_resolved(now=self.now, after_days=7)
            sweep_new_tickets(now=self.now)
        elif what == "take the next":
            self._take_the_next(user)
        elif len(self.ids) < 8:
            agent = "m-agent" if routed else "m-agent2"
            self._hand_over(agent, account, routed=routed, question=question)

    # --- what people do ---------------------------------------------------------------------------

    @rule(user=people, index=which, action=st.sampled_from(ACTIONS), drawn=numbers, later=later)
    def act(self, user: str, index: int, action: str, drawn: int, later: int) -> None:
        """Anybody does anything."""
        self.now += timedelta(hours=later)
        self._try(action, user, index, drawn)

    @rule(index=which, choice=numbers, drawn=numbers, later=later)
    def act_as_allowed(self, index: int, choice: int, drawn: int, later: int) -> None:
        """One of the things that somebody may do now, so that the later states are not rare."""
        self.now += timedelta(hours=later)
        self._do_what_is_allowed(index, choice, drawn)

    @rule(index=which, choice=numbers, drawn=numbers)
    def slip_and_take_it_back(self, index: int, choice: int, drawn: int) -> None:
        """Ticket and clocks are afterwards what they were, whoever sees them meanwhile."""
        ticket = self._ticket(index)
        open_to = sorted(
            (action, username)
            for username, actor in type(self).people.items()
            if may_see(ticket, actor)
            for action in set(allowed_actions(ticket, actor)) & {"release", "transfer", "note"}
        )
        if not open_to:
            return
        action, username = open_to[choice % len(open_to)]
        actor, before = self._person(username), pictured(ticket)
        try:
            self._in_savepoint(lambda: self._do(action, ticket, actor, drawn))
        except Invalid:
            return
        type(self).tried["undo"] += 1
        undo(number=ticket.number, acting_user=actor, now=self.now)
        type(self).done["undo"] += 1
        assert pictured(ticket) == before

    @precondition(lambda self: not self.seen_through)
    @rule(index=which, later=later)
    def see_it_through(self, index: int, later: int) -> None:
        """Once in a life: the usual way to an answer and back, as far as it can be gone here."""
        self.seen_through = True
        for action in ("claim", "wait", "resume", "contact", "resolve", "reopen"):
            self.now += timedelta(hours=later)
            self._by_whoever_may(action, index)

    @precondition(lambda self: not self.quiet_through)
    @rule(index=which, ends=st.booleans())
    def do_what_is_rarely_drawn(self, index: int, ends: bool) -> None:
        """Once in a life: what few may do, or what leaves the ticket where it is."""
        self.quiet_through = True
        for action in sorted(QUIET - {"cancel"}):
            self._by_whoever_may(action, index)
        if ends:
            self._by_whoever_may("cancel", index)

    def _by_whoever_may(self, action: str, index: int) -> None:
        ticket = self._ticket(index)
        for username, actor in type(self).people.items():
            if may_see(ticket, actor) and action in allowed_actions(ticket, actor):
                self._try(action, username, index, 1)
                return

    # --- helpers ----------------------------------------------------------------------------------

    def _hand_over(
        self, user: str, account: int, *, routed: bool, question: str = QUESTIONS[0]
    ) -> None:
        try:
            ticket = self._in_savepoint(
                lambda: type(self).make_ticket(
                    acting_user=self._person(user),
                    account_id=ACCOUNTS[account],
                    now=self.now,
                    routed=routed,
                )
            )
        except Conflict as refused:
            self._expect(refused, {"chase_due"})
            assert self._is_open(account, QUESTIONS[0])
        else:
            self.ids.append(ticket.pk)
            if question != QUESTIONS[0] and not self._is_open(account, question):
                about = StandardQuestion.objects.get(key=question)
                Ticket.objects.filter(pk=ticket.pk).update(question=about)

    def _is_open(self, account: int, question: str) -> bool:
        mine = Ticket.objects.open().filter(account_id=ACCOUNTS[account], question__key=question)
        return mine.exists()

    def _take_the_next(self, user: str) -> None:
        actor = self._person(user)
        try:
            ticket = self._in_savepoint(lambda: claim_next(acting_user=actor, now=self.now))
        except NotAllowed:
            assert Role.ADVISOR not in roles_of(actor)
        else:
            assert ticket is None or ticket.assignee == actor

    def _do_what_is_allowed(self, index: int, choice: int, drawn: int) -> None:
        ticket = self._ticket(index)
        open_to = [
            (action, username)
            for username, actor in type(self).people.items()
            if may_see(ticket, actor)
            for action in allowed_actions(ticket, actor)
            if action in ACTIONS and action not in QUIET
        ]
        if open_to:
            # By action first: what only one person may do is as likely as what everybody may.
            actions = sorted({action for action, _username in open_to})
            action = actions[choice % len(actions)]
            able = [username for each, username in open_to if each == action]
            self._try(action, able[drawn % len(able)], index, drawn)

    def _try(self, action: str, user: str, index: int, drawn: int) -> None:
        """What the table allows is done or refused for its input; anything else is refused."""
        type(self).tried[action] += 1
        ticket, actor = self._ticket(index), self._person(user)
        passed_on = Undo.objects.filter(ticket=ticket, actor=actor).exists()
        sees = may_see(ticket, actor) or (action == "undo" and passed_on)
        may = sees and transitions.allowed_actions(
            ticket.status,
            roles=roles_of(actor),
            is_assignee=ticket.assignee_id == actor.pk,
            handed_over=ticket.handed_over_by_id == actor.pk,
        )
        leads_to = transitions.check(action, ticket.status) if may and action in may else None
        if action == "contact" and leads_to and ticket.status == "waiting":
            leads_to |= transitions.check("resume", ticket.status)
        events = ticket.events.count()
        try:
            self._in_savepoint(lambda: self._do(action, ticket, actor, drawn))
        except NotFound:
            assert not sees
        except NotAllowed:
            assert leads_to is None
        except Conflict as refused:
            # Of a merge, the other ticket may be the one that does not fit.
            fits = leads_to is not None and action != "merge"
            of_state = set() if fits else {"wrong_state"}
            undoing = {"nothing_to_undo"} if action == "undo" else set()
            self._expect(refused, {"promise_open", "too_late", "open_ticket", *of_state, *undoing})
        except Invalid:
            # Merged into itself, given to whoever has it, a priority that it has already …
            assert action in ("merge", "transfer", "priority")
        else:
            type(self).done[action] += 1
            assert leads_to is not None, f"{user} must not {action} what is {ticket.status}"
            assert Ticket.objects.get(pk=ticket.pk).status in leads_to
            return
        assert ticket.events.count() == events, "a refusal left a trace"

    def _do(self, action: str, ticket: Ticket, actor: Any, drawn: int) -> object:
        who = {"number": ticket.number, "acting_user": actor, "now": self.now}
        if action == "merge":
            return merge(into=self._ticket(drawn).number, reason="同一件事", **who)
        return ACTS[action](drawn, **who)

    def _expect(self, refused: Conflict, codes: set[str]) -> None:
        assert refused.code in codes, refused.state

    def _in_savepoint(self, call: Callable[[], Any]) -> Any:
        with transaction.atomic():
            return call()

    def _ticket(self, index: int) -> Ticket:
        return Ticket.objects.get(pk=self.ids[index % len(self.ids)])

    def _person(self, username: str) -> Any:
        return type(self).people[username]

    # --- what must always hold --------------------------------------------------------------------

    @invariant()
    def the_books_balance(self) -> None:
        tickets = list(
            Ticket.objects.filter(pk__in=self.ids)
            .select_related("team", "assignee", "merged_into")
            .prefetch_related("events", "watchers", "clocks")
        )
        for ticket in tickets:
            assert replayed(ticket, type(self).names) == present(ticket), ticket.number
            self._is_in_one_persons_hands(ticket)
            self._runs_as_its_state_says(ticket)
        matters = [(each.account_id, each.question_id) for each in tickets if each.is_open]
        assert len(matters) == len(set(matters))

    def _is_in_one_persons_hands(self, ticket: Ticket) -> None:
        if ticket.status in ("assigned", "waiting"):
            assert ticket.assignee is not None
            assert PEOPLE[ticket.assignee.get_username()][0] is Role.ADVISOR
        if ticket.status in ("new", "queued", "returned"):
            assert ticket.assignee is None

    def _runs_as_its_state_says(self, ticket: Ticket) -> None:
        clocks = {clock.kind: clock for clock in ticket.clocks.all()}
        running = {kind for kind, clock in clocks.items() if clock.stopped_at is None}
        assert set(clocks) == {"contact", "resolve"}
        assert ("resolve" in running) is ticket.is_open
        assert ("contact" in running) is (ticket.is_open and ticket.first_answered_at is None)
        paused = clocks["resolve"].paused_since is not None
        assert paused is (ticket.status == "waiting")
        assert ticket.due_at == clocks["contact"].due_at


def pictured(ticket: Ticket) -> dict[str, Any]:
    """All that the rows of a ticket and its clocks say."""
    row = Ticket.objects.filter(pk=ticket.pk).values().get()
    return {**row, "clocks": list(ticket.clocks.order_by("pk").values())}


def present(ticket: Ticket) -> dict[str, Any]:
    """What the row says."""
    return {
        "status": ticket.status,
        "assignee": ticket.assignee.get_username() if ticket.assignee else None,
        "team": ticket.team.slug if ticket.team else None,
        "priority": ticket.priority,
        "chases": ticket.chase_count,
        "returns": ticket.bounce_count,
        "reopened": ticket.reopen_count,
        "into": ticket.merged_into.number if ticket.merged_into else None,
        "watchers": frozenset(person.username for person in ticket.watchers.all()),
    }


def replayed(ticket: Ticket, names: Mapping[int, str]) -> dict[str, Any]:
    """What the events say, read one after the other: each begins where the last one ended.

    ``names``: usernames by id.
    """
    state: dict[str, Any] = {
        "status": "new",
        "assignee": None,
        "team": None,
        "priority": 0,
        "chases": 0,
        "returns": 0,
        "reopened": 0,
        "into": None,
    }
    watchers: set[str] = set()
    for event in sorted(ticket.events.all(), key=lambda each: each.pk):
        if event.code.startswith("sla."):
            continue
        for name in state.keys() & event.old.keys():
            assert event.old[name] == state[name], (event.code, name)
        state |= {name: event.new[name] for name in state.keys() & event.new.keys()}
        if state["status"] in ("queued", "returned"):
            state["assignee"] = None
        if event.code == "ticket.watched":
            watchers.add(names[event.actor_id])
        elif event.code == "ticket.unwatched":
            watchers.discard(names[event.actor_id])
        elif event.code == "ticket.absorbed":
            watchers |= set(event.new["watchers"])
    return {**state, "watchers": frozenset(watchers)}


@pytest.fixture
def machine(make_ticket: Callable[..., Ticket], questions: Any) -> type[TicketMachine]:
    TicketMachine.people = {}
    for username, (role, team) in PEOPLE.items():
        user = get_user_model().objects.create_user(username=username, is_staff=True)
        user.groups.add(Group.objects.get(name=role.value))
        if team is not None:
            Team.objects.get(slug=team).members.add(user)
        TicketMachine.people[username] = user
    TicketMachine.names = {user.pk: name for name, user in TicketMachine.people.items()}
    TicketMachine.make_ticket = staticmethod(make_ticket)  # type: ignore[assignment]
    TicketMachine.tried, TicketMachine.done = Counter(), Counter()
    return TicketMachine


def test_no_order_of_actions_leaves_a_contradiction(machine: type[TicketMachine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=60,
            stateful_step_count=50,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],  # making a failure of this kind smaller takes for ever
        ),
    )
    assert machine.tried.total() >= 1_000
    assert set(machine.done) == set(ACTIONS), machine.done
    assert Clock.objects.count() == 0  # nothing of it was kept
