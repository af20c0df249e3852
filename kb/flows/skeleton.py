"""How a new flow begins: with a small text that can be published, or as another flow under a
name of its own."""

from __future__ import annotations

import yaml

from kb.flows.errors import FlowErrors, finding
from kb.flows.source import compose, refusal

_SKELETON = """\
schema: 2
key: {key}
title: {title}
question: {question}
start: ask
nodes:
  ask:
    kind: choice
    prompt: 先向用户问清楚什么？
    script: |
      请问您遇到的是什么情况呢？
    choices:
      - {{value: "solved", label: 可以直接解答, next: answered}}
      - {{value: "unsolved", label: 需要进一步处理, next: hand-over}}

  answered:
    kind: end
    outcome: answered
    script: |
      很高兴帮到您，祝您创作愉快。

  hand-over:
    kind: escalate
    promise: true
    requires: [problem, demand, account_id, contact]
    script: |
      您的问题我已经详细登记，会有专人在 3 个工作日内联系您，最晚不超过 {{{{due_date}}}}。
"""


def skeleton(*, key: str, title: str, question: str) -> str:
    """A text with one question, an answer and a hand-over; ``question`` is a standard question."""
    return _SKELETON.format(key=_scalar(key), title=_scalar(title), question=_scalar(question))


def renamed(text: str, *, key: str, title: str) -> str:
    """``text`` with another key and title; everything else stays as it is written.

    Raises ``FlowErrors`` when the text cannot be read or has no key or no title.
    """
    root = compose(text)
    if not isinstance(root, yaml.MappingNode):
        raise refusal("not_a_mapping")
    places: list[tuple[int, int, str]] = []
    for name, value in (("key", key), ("title", title)):
        node = _value(root, name)
        if node is None:
            raise FlowErrors([finding((name,), "required")])
        places.append((node.start_mark.index, node.end_mark.index, _scalar(value)))
    for start, end, written in sorted(places, reverse=True):
        text = text[:start] + written + text[end:]
    return text


def _value(root: yaml.MappingNode, name: str) -> yaml.ScalarNode | None:
    for key, value in root.value:
        if isinstance(key, yaml.ScalarNode) and key.value == name:
            return value if isinstance(value, yaml.ScalarNode) else None
    return None


def _scalar(value: str) -> str:
    """``value`` written so, on one line, that YAML reads it back as this text."""
    written = _dumped(value)
    return written if "\n" not in written else _dumped(value, style='"')


def _dumped(value: str, *, style: str | None = None) -> str:
    text: str = yaml.safe_dump(value, allow_unicode=True, width=10**6, default_style=style)
    return text.removesuffix("...\n").strip()
