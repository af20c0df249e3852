"""The texts of notices: each app that sends some registers its codes here when it is ready.

Every code belongs to a topic, by which people and teams choose what they want to be told where,
and has a severity, which says whether it may wait for working hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from notices.rules.topics import Severity, Topic

OTHER = Topic("other", _("Other notices"))
"""The topic of codes that nobody registered, as after a change of versions; nobody chooses it."""

TEST = "notices.test"
TEXTS = {TEST: _("A test by %(person)s: the desk reaches this target.")}


@dataclass(frozen=True, slots=True)
class _Code:
    text: Any
    topic: Topic
    severity: Severity


_codes: dict[str, _Code] = {}


def register(
    texts: Mapping[str, Any], *, topic: Topic = OTHER, severity: Severity = Severity.INFO
) -> None:
    """``texts``: code → translatable sentence with ``%(name)s`` for its parameters."""
    _codes.update({code: _Code(text, topic, severity) for code, text in texts.items()})


def in_words(code: str, params: Mapping[str, Any]) -> str:
    """The sentence in the active language; an unknown code or a missing parameter shows itself."""
    known = _codes.get(code)
    text = str(known.text) if known else code
    try:
        return text % dict(params)
    except (KeyError, ValueError, TypeError):
        return text


def topic_of(code: str) -> Topic:
    known = _codes.get(code)
    return known.topic if known else OTHER


def severity_of(code: str) -> Severity:
    known = _codes.get(code)
    return known.severity if known else Severity.INFO


def topics() -> list[Topic]:
    """Every topic that a code belongs to, in the order of registration."""
    known = {code.topic.key: code.topic for code in _codes.values()}
    return [topic for key, topic in known.items() if key != OTHER.key]


def codes_of(topic_key: str) -> list[str]:
    return [name for name, code in _codes.items() if code.topic.key == topic_key]
