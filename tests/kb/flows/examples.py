"""Definitions that the tests of flows share: one hand-made, and random valid ones."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from kb.flows.schema import CAPTURED

COLOUR: dict[str, Any] = {
    "schema": 1,
    "key": "wrong-colour",
    "title": "颜色不对",
    "question": "wrong-colour",
    "start": "which-screen",
    "nodes": {
        "which-screen": {
            "kind": "choice",
            "prompt": "先问清楚在哪块屏幕上看的",
            "script": "请问您是在电脑上还是手机上看的呢？",
            "choices": [
                {"value": "computer", "label": "电脑", "next": "calibrate"},
                {"value": "phone", "label": "手机", "next": "explain"},
            ],
        },
        "calibrate": {
            "kind": "retry",
            "script": "请您重新校准一下显示器。",
            "prompt": "校准后好了吗",
            "hint": "用户常常找不到菜单",
            "choices": [
                {"value": "yes", "label": "好了", "next": "done"},
                {"value": "no", "label": "还是不对", "next": "hand-over"},
                {"value": "again", "label": "换了一台电脑", "next": "which-screen"},
            ],
        },
        "explain": {"kind": "say", "script": "手机屏幕会自动调色。", "next": "elsewhere"},
        "done": {"kind": "end", "outcome": "answered", "script": "很高兴帮到您。"},
        "elsewhere": {
            "kind": "redirect",
            "script": "请在手机设置里关闭自动调色。",
            "question": "screen-settings",
        },
        "hand-over": {
            "kind": "escalate",
            "script": "最晚 {{due_date}} 前联系您。",
            "fields": [
                {"key": "times", "label": "几次", "kind": "count"},
                {"key": "seen_at", "label": "什么时候", "kind": "datetime", "required": False},
                {"key": "work", "label": "哪个作品", "kind": "text", "required": False},
                {
                    "key": "browser",
                    "label": "浏览器",
                    "kind": "choice",
                    "required": False,
                    "options": [
                        {"value": "edge", "label": "Edge"},
                        {"value": "other", "label": "其他"},
                    ],
                },
            ],
            "tags": ["colour"],
        },
    },
}


def colour(**changes: Any) -> dict[str, Any]:
    """A fresh copy of ``COLOUR``; ``changes`` replace top-level keys."""
    return {**deepcopy(COLOUR), **changes}


def colour_with(node: str, /, **changes: Any) -> dict[str, Any]:
    """A copy in which keys of one node are replaced; ``...`` removes a key."""
    data = colour()
    target = data["nodes"].setdefault(node, {})
    for key, value in changes.items():
        if value is ...:
            del target[key]
        else:
            target[key] = value
    return data


words = st.text(alphabet="甲乙丙丁问答好坏abc ", min_size=1, max_size=12).filter(str.strip)


@st.composite
def _terminal(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["end", "redirect", "escalate", "report"]))
    script = draw(words)
    if kind == "end":
        return {"kind": "end", "outcome": "answered", "script": script}
    if kind == "redirect":
        return {"kind": "redirect", "script": script, "channel": draw(words)}
    if kind == "report":
        asked = draw(st.sets(st.sampled_from(CAPTURED)))
        return {
            "kind": "escalate",
            "promise": False,
            "script": script,
            "requires": sorted(asked),
        }
    return {"kind": "escalate", "script": script + "{{due_date}}"}


@st.composite
def definitions(draw: st.DrawFn) -> dict[str, Any]:
    """Data of a random valid flow.

    Node ``n-i`` leads on to ``n-(i+1)`` by its first exit, so everything is reachable and can
    end; asking nodes also have exits to anywhere, backwards included.
    """
    inner = draw(st.integers(0, 7))
    ends = draw(st.integers(1, 3))
    keys = [f"n-{number}" for number in range(inner)]
    finals = [f"end-{number}" for number in range(ends)]
    nodes: dict[str, Any] = {}
    # The first nodes reach all terminals between them, the others go where they like.
    for index, key in enumerate(keys):
        on = keys[index + 1] if index + 1 < inner else finals[0]
        is_last = index + 1 == inner
        kind = "choice" if is_last else draw(st.sampled_from(["choice", "retry", "say"]))
        if kind == "say":
            nodes[key] = {"kind": "say", "script": draw(words), "next": on}
            continue
        more = draw(st.lists(st.sampled_from(keys + finals), min_size=1, max_size=4))
        targets = [on, *(finals[1:] if is_last else ()), *more]
        nodes[key] = {
            "kind": kind,
            "prompt": draw(words),
            "choices": [
                {"value": f"v{number}", "label": f"第{number}项", "next": target}
                for number, target in enumerate(targets)
            ],
        }
        if kind == "retry" or draw(st.booleans()):
            nodes[key]["script"] = draw(words)
    for final in finals if inner else finals[:1]:
        nodes[final] = draw(_terminal())
    return {
        "schema": 1,
        "key": "random",
        "title": draw(words),
        "question": "random",
        "start": keys[0] if inner else finals[0],
        "nodes": draw(st.permutations(list(nodes.items())).map(dict)),
    }
