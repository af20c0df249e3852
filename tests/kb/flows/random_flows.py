"""Random definitions of schema 2: mostly right, often wrong in a way that the lint must see."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

SIZES = [
    {"value": "small", "label": "小"},
    {"value": "medium", "label": "中"},
    {"value": "large", "label": "大"},
]
VARIABLES: dict[str, dict[str, Any]] = {
    "size": {"kind": "one_of", "options": SIZES, "ordered": True},
    "box": {"kind": "one_of", "options": SIZES, "ordered": True},
    "pieces": {"kind": "count", "max": 9},
    "price": {"kind": "amount"},
    "day": {"kind": "date"},
    "account": {"kind": "account_id"},
    "note": {"kind": "text"},
}
SPOKEN = ("size", "box", "pieces", "price", "day", "fee", "faults")
TYPED = {
    "size": ["small", "large"],
    "box": ["small", "medium"],
    "pieces": [*"1234５6789"],
    "price": ["66", "0.5"],
    "day": ["昨天", "2026-01-02"],
    "account": ["ID：1234567"],
    "note": ["", "易碎", "{{due_date}}X"],
}
VALUES = {
    "size": ["small", "medium"],
    "pieces": [1, 5],
    "price": ["66.00", 5],
    "day": ["2026-01-02"],
}


@st.composite
def _text(draw: st.DrawFn) -> str:
    said = draw(st.sampled_from(["好的。", "请看：", "请稍等，"]))
    if draw(st.integers(0, 3)) == 0:
        said += "{{" + draw(st.sampled_from(SPOKEN)) + "}}"
    return said


@st.composite
def _condition(draw: st.DrawFn, depth: int = 0) -> dict[str, Any]:
    kind = draw(st.sampled_from(["var", "set", "force", "all", "any", "not", "guarded"]))
    if depth > 1 or kind == "force":
        return {"in_force": draw(st.sampled_from(["rules", "other"]))}
    if kind == "set":
        return {"is_set": draw(st.sampled_from(sorted(VARIABLES)))}
    if kind == "not":
        return {"not": draw(_condition(depth + 1))}
    if kind in ("all", "any"):
        return {kind: draw(st.lists(_condition(depth + 1), min_size=1, max_size=2))}
    name = draw(st.sampled_from(sorted(VALUES)))
    op = draw(st.sampled_from(["eq", "ne", "lt", "le", "gt", "ge", "in"]))
    value: Any = draw(st.sampled_from(VALUES[name]))
    compared = {"var": name, "op": op, "value": [value] if op == "in" else value}
    if name == "size" and op != "in" and draw(st.booleans()):
        compared = {"var": "size", "op": op, "other": "box"}
    return {"all": [{"is_set": name}, compared]} if kind == "guarded" else compared


@st.composite
def _collect(draw: st.DrawFn) -> dict[str, Any]:
    names = draw(st.lists(st.sampled_from(sorted(VARIABLES)), min_size=2, max_size=5, unique=True))
    asked = [
        {"key": name, "label": name, "required": draw(st.integers(0, 3)) > 0, **VARIABLES[name]}
        for name in names
    ]
    return {"kind": "collect", "prompt": draw(_text()), "variables": asked}


def _row(
    draw: st.DrawFn, relation: list[str], pieces: dict[str, int] | None, fee: str
) -> dict[str, Any]:
    when: dict[str, Any] = {"fit": relation}
    if pieces is not None and draw(st.integers(0, 9)):
        when["pieces"] = pieces
    return {"when": when, "give": {"fee": fee}}


@st.composite
def _table(draw: st.DrawFn) -> dict[str, Any]:
    cut = draw(st.integers(1, 8))
    rows = [
        _row(draw, ["lower", "same"], {"to": cut}, "少"),
        _row(draw, ["lower", "same"], {"from": cut + draw(st.sampled_from([1, 1, 1, 0, 2]))}, "多"),
        _row(draw, ["higher"], None, "另算"),
    ]
    columns = [{"var": "pieces"}, {"key": "fit", "label": "比", "compare": "size", "to": "box"}]
    output = {"key": "fee", "kind": "text", "label": "费用"}
    return {"kind": "table", "columns": columns, "outputs": [output], "rows": rows}


@st.composite
def _final(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["end", "answer", "redirect", "escalate", "report"]))
    if kind == "end":
        return {"kind": "end", "outcome": "answered", "script": draw(_text())}
    if kind == "answer":
        return {"kind": "end", "outcome": "answered", "answer": "rules"}
    if kind == "redirect":
        return {"kind": "redirect", "script": draw(_text()), "channel": "别处"}
    if kind == "report":
        return {"kind": "escalate", "promise": False, "script": "好的。", "requires": ["problem"]}
    field = {"key": "note", "label": "说明", "kind": "text", "required": False, "from": "note"}
    return {
        "kind": "escalate",
        "script": draw(_text()) + "{{due_date}}",
        "prefill": {"account_id": "account"},
        "fields": [field],
    }


@st.composite
def _inner(draw: st.DrawFn, on: str, others: list[str]) -> dict[str, Any]:
    """A node that leads on to ``on``, and perhaps to others."""

    def anywhere() -> str:
        return draw(st.sampled_from([on, on, *others]))

    kind = draw(
        st.sampled_from(
            ["say", "choice", "retry", "collect", "branch", "table", "check", "subflow"]
        )
    )
    if kind == "say":
        return {"kind": "say", "script": draw(_text()), "next": on}
    if kind == "collect":
        return {**draw(_collect()), "next": on}
    if kind == "table":
        return {**draw(_table()), "next": on}
    if kind == "branch":
        rules = draw(st.lists(_condition(), min_size=1, max_size=3))
        return {
            "kind": "branch",
            "rules": [{"when": rule, "next": anywhere()} for rule in rules],
            "else": on,
        }
    if kind == "check":
        reads = {"var": "note"} if draw(st.booleans()) else {"prompt": "贴进来"}
        ways = {"found": on, "clean": anywhere(), "unreadable": anywhere()}
        return (
            {"kind": "check", "checker": "labels", "gives": {"findings": "faults"}} | reads | ways
        )
    if kind == "subflow":
        outcomes = {"known": on, "unknown": anywhere()}
        take = {"account": "id"} if draw(st.booleans()) else {}
        return {"kind": kind, "flow": "identify", "version": 3, "outcomes": outcomes, "take": take}
    choices = [
        {"value": value, "label": label, "next": target}
        for value, label, target in zip("ab", "甲乙", (on, anywhere()), strict=True)
    ]
    return {"kind": kind, "prompt": draw(_text()), "script": draw(_text()), "choices": choices}


@st.composite
def drafts(draw: st.DrawFn) -> dict[str, Any]:
    """Data of a flow in the shape of a chain with ways aside, backwards and out."""
    inner = draw(st.integers(1, 7))
    finals = [f"end-{number}" for number in range(draw(st.integers(1, 3)))]
    keys = [f"n-{number}" for number in range(inner)]
    nodes: dict[str, Any] = {}
    # Asked first more often than not, so that there is something to decide by.
    if draw(st.integers(0, 2)):
        asked = [
            {"key": name, "label": name, "required": name != "note", **VARIABLES[name]}
            for name in VARIABLES
        ]
        nodes["ask"] = {"kind": "collect", "prompt": "先问清", "variables": asked, "next": "n-0"}
    for index, key in enumerate(keys):
        on = keys[index + 1] if index + 1 < inner else finals[0]
        nodes[key] = draw(_inner(on, [*keys[index:], *finals]))
    for final in finals:
        nodes[final] = draw(_final())
    reached = _reached(nodes)
    return {
        "schema": 2,
        "key": "random",
        "title": "随机",
        "question": "rules",
        "start": next(iter(nodes)),
        "nodes": {key: node for key, node in nodes.items() if key in reached},
    }


def _reached(nodes: dict[str, Any]) -> set[str]:
    """What is reachable from the first node: the rest would only be found fault with."""
    seen: set[str] = set()
    queue = [next(iter(nodes))]
    while queue:
        key = queue.pop()
        if key not in seen:
            seen.add(key)
            queue += _targets(nodes[key])
    return seen


def _targets(node: dict[str, Any]) -> list[str]:
    found = [
        node[name] for name in ("next", "else", "found", "clean", "unreadable") if name in node
    ]
    found += [each["next"] for each in node.get("rules", ())]
    found += [each["next"] for each in node.get("choices", ())]
    return [*found, *node.get("outcomes", {}).values()] if node["kind"] == "subflow" else found
