"""Every metric has its words: a label, a definition, and a place in the handbook."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.utils import translation

from tickets.admin.report_parts import GROUP_LABELS
from tickets.reports.ages import BANDS
from tickets.reports.groups import GroupBy
from tickets.reports.metrics import METRICS, band_code, band_label

HANDBOOK = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"


def codes_in_handbook() -> set[str]:
    """Codes of the tables' first columns; ``_1`` continues the code before it."""
    found: set[str] = set()
    for row in re.findall(r"^\| (`[^|]+) \|", HANDBOOK.read_text(encoding="utf-8"), re.MULTILINE):
        for name in re.findall(r"`([^`]+)`", row):
            found.add(name if not name.startswith("_") else f"open_age{name}")
    return found


def test_the_handbook_has_every_metric_and_no_other() -> None:
    assert codes_in_handbook() == set(METRICS)


@pytest.mark.parametrize("code", METRICS)
def test_a_metric_is_labelled_and_defined(code: str) -> None:
    metric = METRICS[code]
    assert metric.code == code
    with translation.override("en"):
        assert str(metric.label)
        assert str(metric.definition).endswith(".")


def test_bands_and_groups_have_names_of_their_own() -> None:
    with translation.override("en"):
        assert len({str(band_label(band)) for band in BANDS}) == len(BANDS)
        assert len({str(GROUP_LABELS[group]) for group in GroupBy}) == len(GroupBy)
        assert str(METRICS[band_code(BANDS[1])].label) == "Open for 1 working day"
        assert str(METRICS[band_code(BANDS[5], breached=True)].label) == (
            "Breached, open for more than 5 working days"
        )
