"""The examples of the API's page: one of each call, valid, and of nobody."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from klingdesk.api_document import JSON, LINKS, examples
from tests.api.conftest import document

OPERATIONS: dict[str, dict[str, Any]] = {
    operation["operationId"]: operation
    for methods in document()["paths"].values()
    for operation in methods.values()
}
MOBILE = re.compile(r"(?<![0-9])1[3-9][0-9]{9}(?![0-9])")


def bodies(content: Any) -> Iterator[tuple[str, Any]]:
    """The examples of a body by their names, shared ones looked up."""
    for name, example in content[JSON].get("examples", {}).items():
        reference = example.get("$ref", "").rsplit("/", 1)[-1]
        yield name, (document()["components"]["examples"][reference] if reference else example)


def valid(schema: Any, body: Any) -> None:
    jsonschema.Draft202012Validator(
        {**schema, "components": document()["components"]},
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    ).validate(body)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_body_is_shown_and_fits(name: str) -> None:
    content = OPERATIONS[name].get("requestBody", {}).get("content")
    if content is None:
        return
    shown = list(bodies(content))
    assert shown
    for _name, example in shown:
        valid(content[JSON]["schema"], example["value"])


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_answer_is_shown_and_fits(name: str) -> None:
    answers = [
        answer["content"]
        for status, answer in OPERATIONS[name]["responses"].items()
        if status < "300" and JSON in answer.get("content", {})
    ]
    for content in answers:
        shown = list(bodies(content))
        assert shown
        for _name, example in shown:
            valid(content[JSON]["schema"], example["value"])


def test_all_examples_and_links_are_of_operations() -> None:
    assert set(examples()["operations"]) <= set(OPERATIONS)
    for (name, status), links in LINKS.items():
        assert set(OPERATIONS[name]["responses"][status]["links"]) == set(links)
        for target, (parameter, _taken_from) in links.values():
            taken = {each["name"] for each in OPERATIONS[target]["parameters"]}
            assert parameter in taken, (name, target)


def test_nobody_could_be_called_and_nothing_could_be_used() -> None:
    told = json.dumps(document(), ensure_ascii=False)
    assert not MOBILE.findall(told)
    for name, body in (("auth_token_create", "token"), ("events_subscriptions_create", "secret")):
        assert examples()["operations"][name]["answer"][body] == "…"
