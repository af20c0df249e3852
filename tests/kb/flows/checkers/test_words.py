"""The words are for the user: Chinese, nothing internal, and each question exists."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
import yaml

from kb.flows.checkers import CHECKERS, run
from kb.flows.checkers.rules import ENDPOINTS, ERROR_CODES, MODELS, RULES, STATUSES
from kb.flows.checkers.words import WORDS
from tests.kb.flows.checkers.samples import NOW
from tests.kb.flows.checkers.test_rules import EXAMPLES, check

QUESTIONS = Path(__file__).resolve().parents[4] / "kb" / "data" / "questions" / "api.yaml"
INTERNAL = ("内部", "二线", "坐席", "建单", "工单", "标准问", "话术", "流转", "TODO")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.mark.parametrize("code", WORDS)
def test_words_are_chinese_and_customer_facing(code: str) -> None:
    say = WORDS[code].say
    assert CHINESE.search(say)
    assert say.endswith("。")
    assert not [word for word in INTERNAL if word in say]
    names = {name for _, name, _, _ in string.Formatter().parse(say) if name}
    assert names <= {"field", "found", "allowed", "model", "what", "meaning", "place"}


@pytest.mark.parametrize(("code", "bad"), [(code, bad) for code, bad, _ in EXAMPLES])
def test_findings_are_whole_short_and_without_gaps(code: str, bad: str) -> None:
    for finding in check(bad).findings:
        assert len(finding.found) <= 80
        assert "\n" not in finding.found + finding.say
        if finding.code == "json-chinese-signs":
            continue  # speaks of such signs
        assert not re.search(r"[“（]\s*[”）]|：[。”]", finding.say), finding.say


def test_questions_that_are_named_exist() -> None:
    known = {q["key"] for q in yaml.safe_load(QUESTIONS.read_text("utf-8"))["questions"]}
    named = {words.question for words in WORDS.values() if words.question}
    assert named | {rule.question for rule in RULES} <= known


def test_the_tables_point_at_words_that_exist() -> None:
    ties = [tie.code for rule in RULES for tie in (*rule.needs, *rule.clashes)]
    many = [rule.too_many for rule in RULES if rule.too_many]
    assert {*STATUSES.values(), *ERROR_CODES.values(), *ties, *many} <= set(WORDS)


def test_no_field_has_two_rows_for_one_model() -> None:
    pairs = [(model, rule.path) for rule in RULES for model in rule.models]
    assert len(pairs) == len(set(pairs))
    assert {model for model, _ in pairs} == {*MODELS, "remix"}
    assert len(ENDPOINTS) == 3


def test_the_registry_is_read_only_and_knows_its_names() -> None:
    assert [checker.name for checker in CHECKERS.values()] == list(CHECKERS)
    with pytest.raises(KeyError):
        run("no-such-checker", "{}", now=NOW)
    with pytest.raises(TypeError):
        CHECKERS["x"] = CHECKERS["video-api-request"]  # type: ignore[index]
