"""Ways to break a flow: each gives copies of its data, broken in one place, with a name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

Data = dict[str, Any]
Broken = tuple[str, Data]
REFUSED_WORDS = ("二线", "工单", "建单", "标准问", "内部")


def nodes_of(data: Data, *kinds: str) -> list[str]:
    return [key for key, node in data["nodes"].items() if not kinds or node["kind"] in kinds]


def changed(data: Data, change: Callable[[Data], object]) -> Data:
    copy = deepcopy(data)
    change(copy)
    return copy


def in_node(data: Data, key: str, **changes: Any) -> Data:
    """``...`` as a value removes the key."""
    copy = deepcopy(data)
    for name, value in changes.items():
        copy["nodes"][key].pop(name, None)
        if value is not ...:
            copy["nodes"][key][name] = value
    return copy


def whole(data: Data) -> Iterator[Broken]:
    for name, value in (
        ("title", " "), ("key", "Not_A_Key"), ("start", "nowhere"), ("schema", 3), ("nodes", {}),
        ("question", "no-such-question"), ("owner", "somebody"), ("title", "{{due_date}}"),
        ("outcomes", ["elsewhere"]),
    ):  # fmt: skip
        if name != "outcomes" or nodes_of(data, "end"):
            yield f"{name} is {value!r}", {**deepcopy(data), name: value}
    for name in ("title", "key", "start", "schema", "question", "nodes"):
        yield f"without {name}", changed(data, lambda copy, name=name: copy.pop(name))
    if data["schema"] == 2:
        yield "schema 1", {**deepcopy(data), "schema": 1}
    lonely = {"kind": "end", "outcome": "answered", "script": "再见。"}
    yield (
        "a node that nobody leads to",
        changed(data, lambda copy: copy["nodes"].update(lonely=lonely)),
    )


def nodes(data: Data) -> Iterator[Broken]:
    for key in nodes_of(data):
        yield f"{key} of no kind", in_node(data, key, kind=...)
        yield f"{key} of unknown kind", in_node(data, key, kind="questionnaire")
        yield f"{key} with a strange key", in_node(data, key, colour="red")
        if len(data["nodes"]) > 1:
            yield f"without {key}", changed(data, lambda copy, key=key: copy["nodes"].pop(key))


def scripts(data: Data) -> Iterator[Broken]:
    for key in nodes_of(data, "end", "say", "retry", "escalate", "redirect"):
        node = data["nodes"][key]
        name = "script" if "script" in node else "answer"
        yield f"{key} says nothing", in_node(data, key, **{name: ...})
        yield f"{key} says a blank", in_node(data, key, **{name: "  "})
        if name == "answer":
            yield f"{key} answers with a strange question", in_node(data, key, answer="strange")
            continue
        said = node["script"]
        for word in REFUSED_WORDS:
            yield f"{key} says {word}", in_node(data, key, script=f"{said}{word}")
        for text in ("{{nobody}}", "{{due_date", "}}", "\x07", "长" * 2_001):
            yield f"{key} says {text[:12]!r}", in_node(data, key, script=said + text)
        if node["kind"] != "escalate":
            yield f"{key} promises a date", in_node(data, key, script=said + "{{due_date}}")


def ways(data: Data) -> Iterator[Broken]:
    for key in nodes_of(data, "choice", "retry"):
        choices = data["nodes"][key]["choices"]
        for number in range(len(choices)):
            for name, value in (("next", "nowhere"), ("next", ...), ("value", True), ("label", "")):
                copy = deepcopy(data)
                choice = copy["nodes"][key]["choices"][number]
                choice.pop(name)
                if value is not ...:
                    choice[name] = value
                yield f"{key} choice {number}: {name} is {value!r}", copy
        yield f"{key} with one choice", in_node(data, key, choices=choices[:1])
        yield f"{key} with a choice twice", in_node(data, key, choices=[*choices, choices[0]])
        stuck = [{**choice, "next": key} for choice in choices]
        yield f"{key} leads to itself", in_node(data, key, choices=stuck)
    for key in nodes_of(data, "say", "collect", "branch", "check", "table"):
        for name in ("next", "else", "found", "clean", "unreadable"):
            if name in data["nodes"][key]:
                yield f"{key} {name} nowhere", in_node(data, key, **{name: "nowhere"})
                yield f"{key} without {name}", in_node(data, key, **{name: ...})


def captures(data: Data) -> Iterator[Broken]:
    for key in nodes_of(data, "escalate"):
        node = data["nodes"][key]
        if node.get("promise", True):
            for name in node["requires"]:
                rest = [each for each in node["requires"] if each != name]
                yield f"{key} without {name}", in_node(data, key, requires=rest)
        yield f"{key} requires its age", in_node(data, key, requires=[*node["requires"], "age"])
        yield f"{key} under a strange question", in_node(data, key, question="strange")
        fields = node.get("fields", [])
        wrong = {"key": "account_id", "label": "账号", "kind": "text"}
        yield f"{key} captures twice", in_node(data, key, fields=[*fields, wrong])
        yield f"{key} field of no kind", in_node(data, key, fields=[{"key": "a", "label": "甲"}])
        unknown = {"key": "a", "label": "甲", "kind": "text", "from": "nobody"}
        yield f"{key} filled in by nobody", in_node(data, key, fields=[*fields, unknown])
        yield f"{key} tagged twice", in_node(data, key, tags=["a", "a"])


def values(data: Data) -> Iterator[Broken]:
    for key in nodes_of(data, "collect"):
        asked = data["nodes"][key]["variables"]
        for number, variable in enumerate(asked):
            rest = [each for each in asked if each is not variable]
            yield f"{key} does not ask for {variable['key']}", in_node(data, key, variables=rest)
            optional = [*rest[:number], {**variable, "required": False}, *rest[number:]]
            yield f"{key} may leave {variable['key']} blank", in_node(data, key, variables=optional)
    for key in nodes_of(data, "branch"):
        for value in ({"in_force": "strange"}, {"var": "nobody", "op": "eq", "value": 1}, {}):
            rules = deepcopy(data["nodes"][key]["rules"])
            rules[0]["when"] = value
            yield f"{key} asks {value}", in_node(data, key, rules=rules)
        yield f"{key} with no rules", in_node(data, key, rules=[])
    for key in nodes_of(data, "check"):
        yield f"{key} by nobody", in_node(data, key, checker="nobody")
        yield f"{key} of nothing", in_node(data, key, prompt=...)
        yield f"{key} of a variable that nobody sets", in_node(data, key, var="nobody")
        yield f"{key} keeps nothing", in_node(data, key, gives={})


def tables(data: Data) -> Iterator[Broken]:
    for key in nodes_of(data, "table"):
        rows = data["nodes"][key]["rows"]
        for number, row in enumerate(rows):
            rest = [each for each in rows if each is not row]
            yield f"{key} without row {number}", in_node(data, key, rows=rest)
            yield f"{key} with row {number} twice", in_node(data, key, rows=[*rows, row])
            for column in row["when"]:
                wide = deepcopy(rows)
                del wide[number]["when"][column]
                yield f"{key} row {number} without {column}", in_node(data, key, rows=wide)
                wrong = deepcopy(rows)
                wrong[number]["when"][column] = "strange"
                yield f"{key} row {number}: strange {column}", in_node(data, key, rows=wrong)
            for output in row["give"]:
                for value in ("strange", ...):
                    wrong = deepcopy(rows)
                    wrong[number]["give"].pop(output)
                    if value is not ...:
                        wrong[number]["give"][output] = value
                    yield f"{key} row {number}: {output} is {value}", in_node(data, key, rows=wrong)
            nowhere = deepcopy(rows)
            nowhere[number]["next"] = "nowhere"
            yield f"{key} row {number} nowhere", in_node(data, key, rows=nowhere)


WAYS = (whole, nodes, scripts, ways, captures, values, tables)


def broken(data: Data) -> list[Broken]:
    return [each for way in WAYS for each in way(data)]
