"""A Python client that is generated from the OpenAPI document goes the whole way over HTTP.

Generated anew for each run, into a folder of the test: from the words of a user to the resolved
ticket, with nothing but the names that the document gives.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.api.conftest import document
from tests.conftest import NOW, PASSWORD
from tickets.models import Ticket
from tickets.services.routing import route_tickets

PACKAGE = "klingdesk_client"
CONFIG = {"content_type_overrides": {"*/*": "application/octet-stream"}, "post_hooks": []}
"""A file of any type is bytes to a client. Nobody reads the code, so it is not formatted."""


def run_module(*command: str, at: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=at,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr)[-5_000:]


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the generated package; it can be imported meanwhile."""
    folder = tmp_path_factory.mktemp("client")
    described, config = folder / "openapi.json", folder / "config.yaml"
    described.write_text(json.dumps(document()))
    config.write_text(json.dumps(CONFIG))
    paths = ["--path", str(described), "--output-path", str(folder / PACKAGE)]
    generator = ["openapi_python_client", "generate", "--fail-on-warning", "--meta", "none"]
    run_module(*generator, "--config", str(config), *paths, at=folder)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    yield folder / PACKAGE
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture
def call(package: Path) -> Callable[..., Any]:
    """``call("tickets.tickets_claim_create", …)``: what the server answered, as the models say."""

    def do(name: str, **given: Any) -> Any:
        response = import_module(f"{PACKAGE}.api.{name}").sync_detailed(**given)
        assert response.status_code < 300, response.content.decode()
        return response.parsed

    return do


@pytest.fixture
def models(package: Path) -> Any:
    return import_module(f"{PACKAGE}.models")


@pytest.fixture
def at(package: Path, live_server: Any) -> SimpleNamespace:
    """``at.nobody()`` and ``at.user(token)``: clients of the server of this test."""
    client = import_module(f"{PACKAGE}.client")

    def user(token: str) -> Any:
        return client.AuthenticatedClient(base_url=live_server.url, token=token, prefix="Token")

    return SimpleNamespace(nobody=lambda: client.Client(base_url=live_server.url), user=user)


@pytest.mark.django_db(transaction=True)
def test_from_words_to_resolved(
    call: Callable[..., Any],
    models: Any,
    at: SimpleNamespace,
    questions: Any,
    agent: Any,
    advisor: Any,
) -> None:
    def logged_in(username: str) -> Any:
        body = models.CredentialsRequest(username=username, password=PASSWORD)
        return at.user(call("auth.auth_token_create", client=at.nobody(), body=body).token)

    tier1, tier2 = logged_in("agent"), logged_in("advisor")
    found = call("kb.kb_search_retrieve", client=tier1, q="一个视频扣了我两次")
    question = call("kb.kb_questions_retrieve", client=tier1, key=found.results[0].key)
    assert question.escalates

    begun = call(
        "consultations.consultations_create",
        client=tier1,
        body=models.StartBodyRequest(
            channel=models.ChannelEnum.PHONE, utterance="扣了我两次", question=question.key
        ),
    )
    assert [choice.value for choice in begun.node.choices] == ["yes", "no"]
    position = call(
        "consultations.consultations_answer_create",
        client=tier1,
        consultation_id=begun.id,
        body=models.AnswerBodyRequest(node=begun.node.key, value="no"),
    )
    assert position.outcome.kind == "tier2"

    extra = models.EscalateBodyRequestExtra.from_dict({"times": 2})
    done = call(
        "consultations.consultations_escalate_create",
        client=tier1,
        consultation_id=begun.id,
        idempotency_key="generated-1",
        body=models.EscalateBodyRequest(
            problem="一个视频扣了两次灵感值",
            demand="退回多扣的灵感值",
            account_id="880001",
            contact_channel=models.ContactChannelEnum.PRIVATE_MESSAGE,
            extra=extra,
        ),
    )
    assert "3月9日" in done.handover_script
    number = done.ticket.number

    # What a worker of the desk does within seconds.
    route_tickets(ticket_ids=[Ticket.objects.get().pk], now=NOW)
    taken = call("tickets.tickets_claim_next_create", client=tier2, body=models.TeamBodyRequest())
    assert (taken.number, taken.assignee) == (number, "advisor")
    reached = call(
        "tickets.tickets_contact_create",
        client=tier2,
        number=number,
        body=models.ContactBodyRequest(
            kind=models.ContactChannelEnum.PRIVATE_MESSAGE, result=models.ResultEnum.SENT
        ),
    )
    assert reached.clocks[0].stopped_at is not None
    call(
        "tickets.tickets_resolve_create",
        client=tier2,
        number=number,
        body=models.ResolveBodyRequest(
            code=models.CodeEnum.REFUNDED, summary="已退回多扣的 10 灵感值"
        ),
    )
    read = call("tickets.tickets_retrieve", client=tier1, number=number)
    assert (read.status, read.resolution.code, read.breached) == ("resolved", "refunded", False)
    assert [event.code for event in read.events][-1] == "sla.met"


@pytest.mark.django_db(transaction=True)
def test_a_refusal_is_a_problem_of_the_document(
    call: Callable[..., Any], models: Any, at: SimpleNamespace, agent: Any
) -> None:
    refused = import_module(f"{PACKAGE}.api.auth.auth_token_create").sync_detailed(
        client=at.nobody(), body=models.CredentialsRequest(username="agent", password="wrong")
    )
    assert refused.status_code == 400
    assert isinstance(refused.parsed, models.Problem)
    assert refused.parsed.code == "wrong_credentials"


def test_it_is_fit_for_a_type_checker(package: Path, tmp_path: Path) -> None:
    settings = ["--config-file", "", "--cache-dir", str(tmp_path)]
    run_module("mypy", *settings, "-p", PACKAGE, at=package.parent)
