"""A hand-made flow with every kind of node of schema 2, and what it asks the desk for."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

from kb.flows.loader import parse_flow
from kb.flows.schema import FlowDefinition
from kb.flows.values import ZONE
from kb.flows.world import Checked, ScriptNow, World

NOW = datetime(2026, 11, 21, 15, 30, tzinfo=ZONE)
SIZES = [
    {"value": "small", "label": "小"},
    {"value": "medium", "label": "中"},
    {"value": "large", "label": "大"},
]
PARCELS: dict[str, Any] = {
    "schema": 2,
    "key": "parcels",
    "title": "寄件",
    "question": "parcels",
    "start": "topic",
    "nodes": {
        "topic": {
            "kind": "choice",
            "prompt": "想问什么",
            "sets": "topic",
            "choices": [
                {"value": "price", "label": "多少钱", "next": "about"},
                {"value": "label", "label": "面单有问题", "next": "paste"},
                {"value": "lost", "label": "找不到了", "next": "who"},
                {"value": "rules", "label": "寄送规则", "next": "rules-in-force"},
            ],
        },
        "about": {
            "kind": "collect",
            "prompt": "问清件数和大小",
            "variables": [
                {"key": "pieces", "kind": "count", "label": "件数", "max": 20},
                {"key": "size", "kind": "one_of", "label": "大小", "options": SIZES,
                 "ordered": True},
                {"key": "box", "kind": "one_of", "label": "箱子", "options": SIZES,
                 "ordered": True},
                {"key": "sent_at", "kind": "datetime", "label": "何时寄出", "required": False,
                 "when": "past"},
                {"key": "note", "kind": "text", "label": "说明", "required": False,
                 "max_length": 50},
            ],
            "next": "price",
        },
        "price": {
            "kind": "table",
            "columns": [
                {"var": "pieces"},
                {"key": "fit", "label": "大小比箱子", "compare": "size", "to": "box"},
            ],
            "outputs": [
                {"key": "cost", "kind": "text", "label": "费用"},
                {"key": "free_box", "kind": "boolean", "label": "送箱子"},
            ],
            "rows": [
                {"when": {"fit": "higher"}, "give": {"cost": "按实际尺寸", "free_box": False},
                 "next": "too-big"},
                {"when": {"fit": ["lower", "same"], "pieces": {"to": 4}},
                 "give": {"cost": "每件 8 元", "free_box": False}},
                {"when": {"fit": ["lower", "same"], "pieces": {"from": 5}},
                 "give": {"cost": "每件 6 元", "free_box": True}},
            ],
            "next": "tell-price",
        },
        "too-big": {"kind": "end", "outcome": "answered", "script": "请换个大箱子。"},
        "tell-price": {
            "kind": "say",
            "script": "您寄 {{pieces}} 件（{{size}}），{{cost}}。",
            "prompt": "共 {{pieces}} 件",
            "next": "many",
        },
        "many": {
            "kind": "branch",
            "rules": [
                {"label": "送箱子", "when": {"var": "free_box", "op": "eq", "value": True},
                 "next": "done"},
                {"when": {"all": [{"is_set": "sent_at"},
                                  {"var": "sent_at", "op": "lt", "value": "2026-11-01T00:00"}]},
                 "next": "hand-over"},
            ],
            "else": "done",
        },
        "paste": {
            "kind": "check",
            "checker": "labels",
            "prompt": "贴面单",
            "gives": {"pasted": "label_text", "findings": "faults", "problems": "fault_count"},
            "found": "tell-faults",
            "clean": "label-hand-over",
            "unreadable": "again",
        },
        "tell-faults": {"kind": "end", "outcome": "answered", "script": "请改正：{{faults}}"},
        "again": {
            "kind": "retry",
            "answer": "labels",
            "prompt": "重新拍了吗",
            "choices": [
                {"value": "yes", "label": "拍好了", "next": "paste"},
                {"value": "no", "label": "算了", "next": "done"},
            ],
        },
        "who": {
            "kind": "subflow",
            "flow": "identify",
            "version": 3,
            "outcomes": {"known": "hand-over", "unknown": "topic"},
            "take": {"account": "id"},
        },
        "rules-in-force": {
            "kind": "branch",
            "rules": [{"when": {"in_force": "rules"}, "next": "rules"}],
            "else": "rules-over",
        },
        "rules": {"kind": "end", "outcome": "answered", "answer": "rules"},
        "rules-over": {"kind": "say", "answer": "rules", "next": "hand-over"},
        "done": {"kind": "end", "outcome": "answered", "script": "祝您寄件顺利。"},
        "label-hand-over": {
            "kind": "escalate",
            "script": "最晚 {{due_date}} 前联系您，编号 {{fault_count}}。",
            "question": "other",
            "queue": "labels",
            "fields": [{"key": "label_text", "label": "面单", "kind": "text", "from": "label_text",
                        "max_length": 5000}],
        },
        "hand-over": {
            "kind": "escalate",
            "script": "最晚 {{due_date}} 前联系您。",
            "prefill": {"account_id": "account"},
            "fields": [
                {"key": "pieces", "label": "件数", "kind": "count", "from": "pieces",
                 "required": False},
                {"key": "size", "label": "大小", "kind": "choice", "options": SIZES, "from": "size",
                 "required": False},
                {"key": "topic", "label": "问题", "kind": "text", "from": "topic"},
            ],
            "tags": ["parcel"],
        },
    },
}  # fmt: skip
IDENTIFY: dict[str, Any] = {
    "schema": 2,
    "key": "identify",
    "title": "核对账号",
    "question": "other",
    "outcomes": ["known", "unknown"],
    "start": "has-id",
    "nodes": {
        "has-id": {
            "kind": "choice",
            "prompt": "知道账号 ID 吗",
            "choices": [
                {"value": "yes", "label": "知道", "next": "id"},
                {"value": "no", "label": "不知道", "next": "unknown"},
                {"value": "other", "label": "是别的平台", "next": "elsewhere"},
            ],
        },
        "id": {
            "kind": "collect",
            "prompt": "填写",
            "variables": [{"key": "id", "kind": "account_id", "label": "账号 ID"}],
            "next": "known",
        },
        "known": {"kind": "end", "outcome": "known", "script": "谢谢，核对好了。"},
        "unknown": {"kind": "end", "outcome": "unknown"},
        "elsewhere": {"kind": "redirect", "script": "请联系那个平台。", "channel": "那个平台"},
    },
}


def parcels(**changes: Any) -> dict[str, Any]:
    """A fresh copy of ``PARCELS``; ``changes`` replace top-level keys."""
    return {**deepcopy(PARCELS), **changes}


def parcels_with(node: str, /, **changes: Any) -> dict[str, Any]:
    """A copy in which keys of one node are replaced (``else_`` for else); ``...`` removes one."""
    data = parcels()
    target = data["nodes"].setdefault(node, {})
    for name, value in changes.items():
        key = name.rstrip("_")
        if value is ...:
            del target[key]
        else:
            target[key] = value
    return data


def flow(data: Mapping[str, Any] = PARCELS) -> FlowDefinition:
    return parse_flow(data)


def check(name: str, pasted: str, *, now: datetime | None) -> Checked:
    """A checker: faults are words with an X; a word with an S is a secret."""
    words = pasted.split()
    kept = " ".join("***" if "S" in word else word for word in words)
    faults = [word for word in words if "X" in word]
    outcome = "unreadable" if "?" in pasted else "found" if faults else "clean"
    results: dict[str, str | int | bool] = {
        "pasted": kept,
        "findings": "、".join(faults),
        "corrected": "",
        "problems": len(faults),
        "model": name,
    }
    return Checked(outcome, results)


def world(*, in_force: bool = True) -> World:
    """A desk on which every question is in force, or none is."""

    def answers(key: str) -> ScriptNow | None:
        script = f"{key} 的说明" if in_force else f"{key} 的替代话术"
        return ScriptNow(script, in_force=in_force, title=key)

    identify = parse_flow(IDENTIFY)
    return World(
        now=NOW,
        answers=answers,
        flows=lambda key, version: identify if (key, version) == ("identify", 3) else None,
        check=check,
    )
