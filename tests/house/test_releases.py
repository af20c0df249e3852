"""From the second release on, a migration is one that the release before survives.

``released.json`` says which migrations have been out: ``{"release": "1.0.0", "migrations":
{"kb": ["0001_initial", ...]}}``. It is written when a release is made (docs/operations.md), and
there is none before the first one.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader

from tests.house.releases import not_survived

ROOT = Path(__file__).resolve().parents[2]
MARKER = ROOT / "released.json"
OURS = ("accounts", "kb", "notices", "tickets")


def released() -> dict[str, list[str]]:
    if not MARKER.exists():
        return {}
    found: dict[str, list[str]] = json.loads(MARKER.read_text(encoding="utf-8"))["migrations"]
    return found


def ours_in_order() -> list[tuple[str, migrations.Migration]]:
    loader = MigrationLoader(None)
    plan = [key for leaf in loader.graph.leaf_nodes() for key in loader.graph.forwards_plan(leaf)]
    return [(app, loader.graph.nodes[app, name]) for app, name in dict.fromkeys(plan)]


def test_the_release_before_survives_our_migrations() -> None:
    known = released()
    refused = [line for line in not_survived(ours_in_order(), known) if line.split(".")[0] in OURS]
    assert refused == []


def test_a_release_that_is_out_has_left_its_marker() -> None:
    """The change log names released versions by their date; from then on the marker must exist."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    dated = re.findall(r"^## \[?(\d+\.\d+\.\d+)\]?.*\d{4}-\d{2}-\d{2}", text, re.MULTILINE)
    if dated:
        assert json.loads(MARKER.read_text(encoding="utf-8"))["release"] == dated[0]
    else:
        assert not MARKER.exists()


def test_what_has_been_released_is_still_there() -> None:
    names = {(app, migration.name) for app, migration in ours_in_order()}
    assert [
        (app, name) for app, some in released().items() for name in some if (app, name) not in names
    ] == []


# --- the checker ----------------------------------------------------------------------------------

BASE = [
    migrations.CreateModel(
        "Thing",
        [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=40)),
            ("note", models.TextField(null=True)),
        ],
    ),
]


def judged(
    *operations: Any, reason: str = "", out: dict[str, list[str]] | None = None
) -> list[str]:
    """The refusals of a second migration with these operations; the first has been released."""
    first = migrations.Migration("0001_initial", "kb")
    first.operations = BASE
    second = migrations.Migration("0002_next", "kb")
    second.operations = list(operations)
    if reason:
        second.old_code_survives = reason  # type: ignore[attr-defined]
    released = {"kb": ["0001_initial"]} if out is None else out
    return not_survived([("kb", first), ("kb", second)], released)


REFUSED = {
    "a column goes": migrations.RemoveField("thing", "note"),
    "a column has another name": migrations.RenameField("thing", "note", "text"),
    "a table goes": migrations.DeleteModel("Thing"),
    "a table has another name": migrations.RenameModel("Thing", "Matter"),
    "a table moves": migrations.AlterModelTable("thing", "things"),
    "a column nobody fills": migrations.AddField("thing", "size", models.IntegerField(default=1)),
    "null is refused": migrations.AlterField("thing", "note", models.TextField()),
    "it becomes shorter": migrations.AlterField("thing", "name", models.CharField(max_length=20)),
    "another type": migrations.AlterField("thing", "name", models.IntegerField()),
    "it becomes unique": migrations.AlterField(
        "thing", "name", models.CharField(max_length=40, unique=True)
    ),
    "an index stops writing": migrations.AddIndex(
        "thing", models.Index(fields=["name"], name="thing_by_name")
    ),
    "a constraint": migrations.AddConstraint(
        "thing", models.CheckConstraint(condition=~models.Q(name=""), name="thing_named")
    ),
    "a lock": migrations.RunSQL("LOCK TABLE kb_thing"),
    "not null by hand": migrations.RunSQL("ALTER TABLE kb_thing ALTER COLUMN note SET NOT NULL"),
    "a column goes by hand": migrations.RunSQL(["ALTER TABLE kb_thing DROP COLUMN note"]),
    "an index by hand": migrations.RunSQL([("CREATE UNIQUE INDEX x ON kb_thing (name)", None)]),
    "only in the database": migrations.SeparateDatabaseAndState(
        database_operations=[migrations.RemoveField("thing", "note")]
    ),
}
SURVIVED = {
    "a new table": migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))]),
    "a column that may be null": migrations.AddField(
        "thing", "size", models.IntegerField(null=True)
    ),
    "a column the database fills": migrations.AddField(
        "thing", "size", models.IntegerField(db_default=1)
    ),
    "it becomes longer": migrations.AlterField("thing", "name", models.CharField(max_length=80)),
    "null is allowed": migrations.AlterField(
        "thing", "name", models.CharField(max_length=40, null=True)
    ),
    "an index beside the work": AddIndexConcurrently(
        "thing", models.Index(fields=["name"], name="thing_by_name")
    ),
    "an index by hand beside the work": migrations.RunSQL(
        "CREATE INDEX CONCURRENTLY x ON kb_thing (name)"
    ),
    "a trigger": migrations.RunSQL(
        "CREATE TRIGGER x AFTER INSERT ON kb_thing EXECUTE FUNCTION y()"
    ),
    "rows are changed": migrations.RunPython(lambda apps, editor: None),
    "nothing": migrations.RunSQL(migrations.RunSQL.noop),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_release_before_does_not_survive_is_refused(what: str) -> None:
    lines = judged(REFUSED[what])
    assert lines
    assert all(line.startswith("kb.0002_next: ") for line in lines)


@pytest.mark.parametrize("what", SURVIVED)
def test_what_only_adds_is_let_through(what: str) -> None:
    assert judged(SURVIVED[what]) == []


def test_before_the_first_release_everything_may_change() -> None:
    assert judged(*REFUSED.values(), out={}) == []


def test_what_has_been_released_is_not_judged_again() -> None:
    assert judged(REFUSED["a column goes"], out={"kb": ["0001_initial", "0002_next"]}) == []


def test_the_second_half_of_a_change_says_why_it_may() -> None:
    assert judged(REFUSED["a column goes"], reason="1.2 has stopped to read and write it") == []
    assert judged(REFUSED["a column goes"], reason="  ") != []


def test_a_table_of_the_same_migration_may_be_made_as_it_likes() -> None:
    other = migrations.CreateModel("Other", [("id", models.BigAutoField(primary_key=True))])
    index = migrations.AddIndex("other", models.Index(fields=["id"], name="other_by_id"))
    assert judged(other, index) == []
