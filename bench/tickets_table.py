"""The table of ``bench.tickets``: both sizes, and what was to be reached with the many."""

from __future__ import annotations

RECOUNTED = 100_000

Figures = dict[str, float]
Row = tuple[str, str, str, str]


def table(few: Figures, many: Figures) -> list[tuple[str, ...]]:
    """Rows: what, the few, the many, and whether its goal was reached."""
    both = Both(few, many)
    rows = [*about(both), *reading(both), *writing(both), *sweeping(both), *memory(both)]
    return [(what, f"{few:>12}", f"{many:>12}", goal) for what, few, many, goal in rows]


class Both:
    """The figures of both sizes, in words."""

    def __init__(self, few: Figures, many: Figures) -> None:
        self.few, self.many = few, many

    def ms(self, key: str) -> tuple[str, str]:
        return f"{self.few[key] * 1e3:.1f} ms", f"{self.many[key] * 1e3:.1f} ms"

    def number(self, key: str, unit: str = "/s", digits: int = 0) -> tuple[str, str]:
        return f"{self.few[key]:,.{digits}f}{unit}", f"{self.many[key]:,.{digits}f}{unit}"

    def at_least(self, key: str, goal: float) -> str:
        return f"goal ≥ {goal:g}: {verdict(self.many[key] >= goal)}"

    def grows(self, key: str) -> str:
        ratio = self.many[key] / self.few[key]
        return f"×{ratio:.2f}, goal ≤ 1.3: {verdict(ratio <= 1.3)}"


def verdict(is_met: bool) -> str:
    return "met" if is_met else "MISSED"


def about(both: Both) -> list[Row]:
    return [
        ("tickets", *both.number("tickets", ""), ""),
        ("  of them open", *both.number("open", ""), ""),
        ("filled in", *both.number("fill", " s"), ""),
        ("load while handing over", *both.number("hand_load", "", 1), ""),
    ]


def reading(both: Both) -> list[Row]:
    rows = f"  their rows ({both.many['page_rows']:.0f} a page)"
    return [
        ("queue page p95, one at a time", *both.ms("page_p95"), both.grows("page_p95")),
        (
            "queue pages, 8 connections",
            *both.number("pages_s", digits=1),
            both.at_least("pages_s", 240),
        ),
        (rows, *both.number("rows_s"), ""),
        (
            "  read with their rows, 16 connections",
            *both.number("reads_s"),
            both.at_least("reads_s", 240),
        ),
    ]


def writing(both: Both) -> list[Row]:
    dearer = [f"×{each['bare_s'] / each['hand_s']:.1f}" for each in (both.few, both.many)]
    return [
        ("claim-next p95, one at a time", *both.ms("claim_p95"), both.grows("claim_p95")),
        ("claim-next, 16 connections", *both.number("claims_s"), both.at_least("claims_s", 200)),
        ("  over HTTP, 2 processes", *both.number("claims_http_s"), ""),
        (
            "hand-over over HTTP, 8 connections",
            *both.number("hand_s"),
            both.at_least("hand_s", 220),
        ),
        ("  p95", *both.ms("hand_p95"), ""),
        *(
            (f"  processor time of one: {name}", *both.ms(f"hand_cpu_{name}"), "")
            for name in ("web", "worker", "beat", "postgres", "bench")
        ),
        ("bare transaction, 8 connections", *both.number("bare_s"), ""),
        ("  a hand-over costs of these", dearer[0], dearer[1], ""),
        ("hand-over p50, one at a time", *both.ms("hand_p50_alone"), ""),
        ("bare transaction p50, one at a time", *both.ms("bare_p50_alone"), ""),
    ]


def sweeping(both: Both) -> list[Row]:
    many = both.many
    share = many["recount_s"] * RECOUNTED / many["recounted"]
    empty, marking = verdict(many["sweep_empty_p95"] <= 0.05), verdict(many["sweep_s"] <= 2)
    return [
        (
            "alarm sweep that finds nothing, p95",
            *both.ms("sweep_empty_p95"),
            f"goal ≤ 50 ms: {empty}",
        ),
        (
            f"alarm sweep that marks {many['sweep_marks']:,.0f}",
            *both.ms("sweep_s"),
            f"goal ≤ 2 s: {marking}",
        ),
        (
            "recount after two days off",
            *both.number("recount_s", " s", 1),
            f"{many['recounted']:,.0f} clocks",
        ),
        (
            f"  for {RECOUNTED:,} clocks",
            "",
            f"{share:.1f} s",
            f"goal ≤ 20 s: {verdict(share <= 20)}",
        ),
    ]


def memory(both: Both) -> list[Row]:
    return [
        ("memory of the web, 2 processes", *both.number("mb_web", " MB"), ""),
        ("memory of the worker", *both.number("mb_worker", " MB"), ""),
        ("memory of beat", *both.number("mb_beat", " MB"), ""),
    ]
