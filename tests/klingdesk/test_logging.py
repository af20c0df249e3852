"""Log lines: whose they are, in both forms, and what never stands in one."""

from __future__ import annotations

import io
import json
import logging
import logging.config
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from celery.signals import task_postrun
from django.db import IntegrityError, connection, transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from klingdesk.celery import app
from klingdesk.observing.context import Work, present, request_id_from, working
from klingdesk.observing.logs import (
    REQUEST_LOG,
    JsonFormatter,
    LogFormat,
    TextFormatter,
    logging_config,
)
from klingdesk.observing.masking import mask_line
from tests.conftest import NOW
from tests.klingdesk.production import SAFE, run
from tickets.models import Ticket
from tickets.services.claims import claim

ACCOUNT = "7310094856"
PHONE = "13971203945"


@pytest.fixture
def lines() -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """Everything the root logger is told from DEBUG on, as the JSON lines that come of it."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield lambda: [json.loads(line) for line in out.getvalue().splitlines()]
    root.removeHandler(handler)
    root.setLevel(before)


def requests_in(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in found if line["logger"] == REQUEST_LOG]


def record(message: str, *args: Any, **extra: Any) -> logging.LogRecord:
    return logging.getLogger("any").makeRecord(
        "any", logging.WARNING, __file__, 1, message, args, None, extra=extra
    )


# --- requests -------------------------------------------------------------------------------------


def test_a_request_is_one_line_with_what_it_cost(
    client: Client,
    make_ticket: Callable[..., Ticket],
    advisor: Any,
    lines: Callable[[], list[dict[str, Any]]],
) -> None:
    ticket = make_ticket(account_id=ACCOUNT)
    claim(number=ticket.number, acting_user=advisor, now=NOW)
    client.force_login(advisor)
    response = client.get(
        f"/api/v1/tickets/{ticket.number}/", headers={"X-Request-ID": "shift-7.early"}
    )
    assert response.status_code == 200
    assert response["X-Request-ID"] == "shift-7.early"
    assert ACCOUNT in response.content.decode()  # whoever works it reads it, the log does not
    (line,) = requests_in(lines())
    assert line["message"] == "GET api/v1/tickets/<number>/ 200"
    assert (line["request_id"], line["ticket"]) == ("shift-7.early", ticket.number)
    assert (line["user"], line["status"], line["method"]) == (advisor.pk, 200, "GET")
    assert line["statements"] > 0
    assert 0 < line["database_ms"] < line["duration_ms"]
    assert ACCOUNT not in json.dumps(lines(), ensure_ascii=False)
    assert advisor.username not in json.dumps(line, ensure_ascii=False)


def test_whoever_is_not_asked_for_is_not_looked_up(
    client: Client, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    # No database mark: a query would fail this test.
    assert client.get("/healthz")["X-Request-ID"]
    (line,) = requests_in(lines())
    assert "user" not in line
    assert (line["level"], line["statements"]) == ("debug", 0)  # probes would drown the rest


def test_a_refused_path_is_logged_without_its_words(
    client: Client, db: None, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    client.get(f"/nowhere/{PHONE}/?account_id={ACCOUNT}")
    found = lines()
    assert requests_in(found)[0]["message"] == "GET (none) 404"
    text = json.dumps(found, ensure_ascii=False)
    assert (PHONE in text, ACCOUNT in text) == (False, False)
    assert "/nowhere/‹#›/" in text  # Django's own line of it


@pytest.mark.parametrize(
    "given", ["", "short", "a" * 65, "has blanks in it", "näme-of-a-user", PHONE]
)
def test_a_request_id_that_is_not_well_formed_is_replaced(client: Client, given: str) -> None:
    got = client.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"]
    assert got != given
    assert re.fullmatch(r"[0-9a-f]{32}", got)


@given(st.text(max_size=80))
def test_a_request_id_is_always_fit_for_a_header(given: str) -> None:
    found = request_id_from(given)
    assert re.fullmatch(r"[A-Za-z0-9._-]{8,64}", found)
    assert request_id_from(found) == found


def test_what_is_at_work_ends_with_its_block() -> None:
    with working(Work(request_id="outer-one")) as outer:
        with working(Work(task="kb.any")):
            assert present() == Work(task="kb.any")
        assert present() is outer
    assert present() is None


# --- what never stands in a line ------------------------------------------------------------------


def test_a_refused_row_is_not_quoted(make_ticket: Callable[..., Ticket]) -> None:
    """PostgreSQL tells the whole row that it refuses, with the account and the words of a user."""
    ticket = make_ticket(account_id=ACCOUNT, problem="王小明的作品")
    with pytest.raises(IntegrityError) as raised, transaction.atomic():
        Ticket.objects.filter(pk=ticket.pk).update(status="nonsense")
    assert ACCOUNT in str(raised.value)
    assert "王小明" in str(raised.value)
    info = (type(raised.value), raised.value, raised.value.__traceback__)
    broken = record("%s failed: %r", "sweep", raised.value)
    broken.exc_info = info
    for formatter in (JsonFormatter(), TextFormatter("%(levelname)s %(message)s")):
        said = formatter.format(broken)
        assert ACCOUNT not in said
        assert "王小明" not in said
        assert "ticket_status_known" in said  # what helps stays
        assert "IntegrityError" in said


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (f"account {ACCOUNT} not found", "account ‹#› not found"),
        ("call +8613971203945 or 139 7120 3945", "call ‹#› or ‹#›"),
        ("mail to wang.xm+1@mail.example.com now", "mail to ‹@› now"),
        (f"电话{PHONE}，账号{ACCOUNT}的", "电话‹#›，账号‹#›的"),
        (f"phone-{PHONE}. 转{PHONE}-8001", "phone-‹#›. 转‹#›-8001"),
        ("a@b..c@d.example. celery@host. 小明@example.com.", "‹@›. celery@host. ‹@›."),
        ("ticket T00001234 took 0.123456789 s on port 15432", ""),
        ("task 2f1c0d9e-1234-4321-8765-123456789012 done at 2026-03-04 10:30:00", ""),
        ("at 0x7f8c4cc656d0, build 6f3a91c2e", ""),
    ],
)
def test_what_is_masked_and_what_stays(text: str, masked: str) -> None:
    assert mask_line(text) == (masked or text)


ROW = "(1, 李雷住在朝阳路\n\nQQ: 小明, 310\n, null)."
CAUSE = "The above exception was the direct cause of the following exception:"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Key (account_id)=(310) DETAIL: Failing row (310, x)", "Key (account_id)=(310) DETAIL: …"),
        (f"x\nDETAIL:  Failing row contains {ROW}", "x\nDETAIL: …"),
        (f"x\nDETAIL:  {ROW}\nHINT: look\nCONTEXT:  {ROW}", "x\nDETAIL: …\nHINT: look\nCONTEXT: …"),
        (f"x\nDETAIL:  {ROW}\n\n{CAUSE}\n\nmore", f"x\nDETAIL: …\n\n{CAUSE}\n\nmore"),
        (f"E({f'x{chr(10)}DETAIL:  {ROW}'!r})\nnext", "E('x\\nDETAIL: …\nnext"),
        (f"E({f'x{chr(10)}DETAIL:  {ROW}{chr(10)}HINT: y'!r})", "E('x\\nDETAIL: …\\nHINT: y')"),
    ],
)
def test_a_quoted_row_goes_with_its_line_feeds(text: str, masked: str) -> None:
    assert mask_line(text) == masked.replace("…", "(left out)")
    assert mask_line(mask_line(text)) == mask_line(text)


@pytest.mark.parametrize("part", ["a", "a.", "a-", "a@", "a@a.", "1-", "DETAIL: ", "DETAIL: x\n"])
def test_a_long_line_is_read_once(part: str) -> None:
    """With what is read again and again this takes hours."""
    mask_line(part * (400_000 // len(part)))


@given(st.text(alphabet="0123456789-+ .@abTx\n:DETAIL", max_size=60))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = mask_line(text)
    assert mask_line(once) == once


@given(
    st.text("abc ，。(=电话号.", max_size=8),
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.text("abc ，。)的是", max_size=8).filter(lambda text: text[:1] not in ("a", "b", "c")),
)
def test_no_mobile_number_is_left(before: str, number: str, after: str) -> None:
    before = before + " " if re.search("[abc]\\Z", before) else before
    assert number not in mask_line(f"{before}{number}{after}")


def test_only_named_fields_are_taken_from_a_record() -> None:
    said = JsonFormatter().format(record("done", duration_ms=3.5, params=[PHONE], request="x"))
    assert json.loads(said).keys() == {"time", "level", "logger", "message", "duration_ms"}


def test_statements_are_not_logged_even_on_debug(
    db: None, settings: Any, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    """Django's own logger of statements tells their values."""
    logger = logging.getLogger("django.db.backends")
    level = logging_config(LogFormat.JSON, "DEBUG")["loggers"]["django.db.backends"]["level"]
    before = logger.level
    logger.setLevel(level)
    connection.force_debug_cursor = True
    try:
        Ticket.objects.filter(account_id=ACCOUNT).exists()
    finally:
        connection.force_debug_cursor = False
        logger.setLevel(before)
    assert [line for line in lines() if line["logger"].startswith("django.db")] == []


# --- both forms -----------------------------------------------------------------------------------


def test_a_text_line_says_what_it_belongs_to() -> None:
    formatter = TextFormatter("%(levelname)s %(name)s %(message)s")
    assert formatter.format(record("all is well")) == "WARNING any all is well"
    with working(Work(request_id="abcdefgh", user=7, ticket="T00001234")):
        said = formatter.format(record("one\ntwo", status=409, statements=3))
    assert said == (
        "WARNING any one [request_id=abcdefgh user=7 ticket=T00001234 statements=3]\ntwo"
    )


def test_a_json_line_is_one_line_whatever_is_said() -> None:
    with working(Work(task="tickets.sweep_sla", task_id="1-2")):
        said = JsonFormatter().format(
            record("两行\n%s", "ok", data={"runtime": 0.25, "args": PHONE})
        )
    assert "\n" not in said
    line = json.loads(said)
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "warning",
        "logger": "any",
        "message": "两行\nok",
        "task": "tickets.sweep_sla",
        "task_id": "1-2",
        "duration_ms": 250.0,
    }


@pytest.mark.parametrize("form", list(LogFormat))
def test_a_process_logs_as_it_is_told(form: LogFormat) -> None:
    code = (
        "import django; django.setup()\n"
        "import logging; logging.getLogger('kb.any').warning('call 13971203945')\n"
        "logging.getLogger('axes.any').info('somebody logged in')\n"
    )
    environment = {
        **SAFE,
        "DJANGO_SETTINGS_MODULE": "klingdesk.settings",
        "KLINGDESK_LOG_FORMAT": form,
    }
    (said,) = run("-c", code, environment=environment).stderr.splitlines()
    if form is LogFormat.JSON:
        assert json.loads(said)["message"] == "call ‹#›"
    else:
        assert said.endswith(" WARNING kb.any call ‹#›")


def test_an_unknown_form_is_refused_with_a_sentence() -> None:
    done = run("manage.py", "check", environment={**SAFE, "KLINGDESK_LOG_FORMAT": "xml"})
    assert "KLINGDESK_LOG_FORMAT is 'xml'; it must be one of text, json." in done.stderr


# --- tasks ----------------------------------------------------------------------------------------


def test_every_line_of_a_task_says_which_one_it_is(transactional_db: None) -> None:
    """Through a real worker and a broker in memory."""
    out, done = io.StringIO(), threading.Event()
    handler = logging.StreamHandler(out)
    handler.setFormatter(JsonFormatter())

    @app.task(name="tests.say_something", ignore_result=True)
    def say_something() -> None:
        logging.getLogger("tests.task").warning("said in the task")

    @task_postrun.connect
    def tell(task: Any = None, **_: object) -> None:
        if task.name == "tests.say_something":  # other tests left messages in the same memory
            done.set()

    try:
        with start_worker(app, pool="solo", perform_ping_check=False, logfile=None):
            logging.getLogger().addHandler(handler)
            sent = say_something.delay()
            assert done.wait(20)
    finally:
        logging.getLogger().removeHandler(handler)
        task_postrun.disconnect(tell)
        del app.tasks["tests.say_something"]
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    # A broker may deliver a message twice.
    said = {(line["task"], line["task_id"]) for line in lines if line["logger"] == "tests.task"}
    assert said == {("tests.say_something", sent.id)}
    ended = [line for line in lines if f"[{sent.id}] succeeded in" in line["message"]]
    assert ended
    assert all(isinstance(line["duration_ms"], float) for line in ended)
    assert present() is None
