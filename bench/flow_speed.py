"""How long the lint of a big flow takes, and one step of a run.

    python bench/flow_speed.py [--nodes 1000] [--times 20]

The flow is made of stretches with every kind of node: a form, a decision table, a branch, a
check, questions and scripts with variables. Steps are measured in the starter flow with the
decision table and in a long run, whose answers are all replayed. Times are those of the
processor: nothing here waits for anything.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from kb.flows.engine import ANSWER_LIMIT, Answer, advance, position
from kb.flows.lint import lint
from kb.flows.loader import load_flow, parse_flow, stored_flow
from kb.flows.retracing import retrace
from kb.flows.schema import FlowDefinition

SIZES = [{"value": each, "label": f"{each} 号"} for each in ("small", "medium", "large")]
ORDER = Path(__file__).resolve().parent.parent / "kb/data/flows/membership-order.yaml"
FORM = {"holds_plan": "monthly", "holds_tier": "gold", "wants_plan": "quarterly",
        "wants_tier": "gold"}  # fmt: skip


def stretch(number: int, on: str) -> dict[str, Any]:
    """Ten nodes that lead to the node ``on``; every variable is of this stretch."""
    at = f"s{number}"

    def choices(first: str, second: str) -> list[dict[str, str]]:
        return [
            {"value": "yes", "label": "好了", "next": first},
            {"value": "no", "label": "还没有", "next": second},
        ]

    asked = [
        {"key": f"size{number}", "kind": "one_of", "label": "大小", "options": SIZES,
         "ordered": True},
        {"key": f"box{number}", "kind": "one_of", "label": "箱子", "options": SIZES,
         "ordered": True},
        {"key": f"pieces{number}", "kind": "count", "label": "件数"},
        {"key": f"note{number}", "kind": "text", "label": "说明", "required": False},
    ]  # fmt: skip
    columns = [
        {"var": f"pieces{number}"},
        {"key": "fit", "label": "相比", "compare": f"size{number}", "to": f"box{number}"},
    ]
    rows = [
        {"when": {f"pieces{number}": {"to": 4}}, "give": {f"fee{number}": "少"}},
        {"when": {f"pieces{number}": {"from": 5}, "fit": "higher"}, "give": {f"fee{number}": "多"}},
        {"when": {f"pieces{number}": {"from": 5}, "fit": ["lower", "same"]},
         "give": {f"fee{number}": "一般"}},
    ]  # fmt: skip
    fee = {"key": f"fee{number}", "kind": "text", "label": "费用"}
    many = {
        "all": [{"is_set": f"note{number}"}, {"var": f"pieces{number}", "op": "gt", "value": 9}]
    }
    return {
        f"{at}-ask": {"kind": "collect", "prompt": "问清", "variables": asked,
                      "next": f"{at}-table"},
        f"{at}-table": {"kind": "table", "columns": columns, "outputs": [fee], "rows": rows,
                        "next": f"{at}-branch"},
        f"{at}-branch": {"kind": "branch", "rules": [{"when": many, "next": f"{at}-paste"}],
                         "else": f"{at}-say"},
        f"{at}-say": {"kind": "say", "script": f"您的费用是{{{{fee{number}}}}}。",
                      "next": f"{at}-try"},
        f"{at}-paste": {"kind": "check", "checker": "video-api-request", "prompt": "贴进来",
                        "gives": {"findings": f"faults{number}"}, "found": f"{at}-faults",
                        "clean": f"{at}-try", "unreadable": f"{at}-ask"},
        f"{at}-faults": {"kind": "say", "script": f"请改正：{{{{faults{number}}}}}", "next": on},
        f"{at}-try": {"kind": "retry", "script": "请您再试一次。", "prompt": "好了吗",
                      "choices": choices(f"{at}-more", on)},
        f"{at}-more": {"kind": "choice", "prompt": "还有别的问题吗",
                       "choices": choices(f"{at}-end", f"{at}-late")},
        f"{at}-late": {"kind": "escalate", "script": "最晚不超过 {{due_date}}。", "fields": [
            {"key": "note", "label": "说明", "kind": "text", "required": False,
             "from": f"note{number}"}]},
        f"{at}-end": {"kind": "end", "outcome": "answered", "script": "感谢您的配合。"},
    }  # fmt: skip


def big_flow(nodes: int) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for number in range(nodes // 10):
        last = number + 1 == nodes // 10
        made |= stretch(number, "s0-end" if last else f"s{number + 1}-ask")
    return {"schema": 2, "key": "big", "title": "大", "question": "other", "start": "s0-ask",
            "nodes": made}  # fmt: skip


def measured(what: str, times: int, call: Callable[[], object]) -> None:
    taken = []
    for _ in range(times):
        began = time.process_time()
        call()
        taken.append((time.process_time() - began) * 1_000)
    percentile = statistics.quantiles(taken, n=20)[-1]
    print(f"{what:<52} p50 {statistics.median(taken):7.3f} ms, p95 {percentile:7.3f} ms")


def long_run(definition: FlowDefinition) -> tuple[Answer, ...]:
    """As many answers as a run may have but one, going round the first stretch."""
    answers: tuple[Answer, ...] = ()
    form = Answer("s0-ask", values={"size0": "small", "box0": "large", "pieces0": "12"})
    for answer in [form, Answer("s0-say"), Answer("s0-try", "no")]:
        answers = advance(definition, answers, answer)
    while sum(not each.automatic for each in answers) < ANSWER_LIMIT - 4:
        at = position(definition, answers).node_key.partition("-")[0]
        typed = {f"size{at[1:]}": "small", f"box{at[1:]}": "large", f"pieces{at[1:]}": "12"}
        answers = advance(definition, answers, Answer(f"{at}-ask", values=typed))
        answers = advance(definition, answers, Answer(f"{at}-say"))
        answers = advance(definition, answers, Answer(f"{at}-try", "no"))
    return answers


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--nodes", type=int, default=1_000)
    parser.add_argument("--times", type=int, default=20)
    arguments = parser.parse_args()
    data = big_flow(arguments.nodes)
    definition = stored_flow(data)
    times = arguments.times
    measured(f"lint of {len(definition.nodes)} nodes", times, lambda: lint(definition))
    measured(f"shape of {len(definition.nodes)} nodes", times, lambda: stored_flow(data))
    measured(f"shape and lint of {len(definition.nodes)} nodes", times, lambda: parse_flow(data))
    order = load_flow(ORDER.read_text(encoding="utf-8"))
    form = Answer(order.start, values=dict(FORM))
    measured("one step with a decision table", times * 50, lambda: advance(order, (), form))
    kept = advance(order, (), form)
    measured("one run walked again in another version", times * 50, lambda: retrace(order, kept))
    if arguments.nodes >= ANSWER_LIMIT * 4:
        answers = long_run(definition)
        measured(f"replay of {len(answers)} answers", times, lambda: position(definition, answers))


if __name__ == "__main__":
    main()
