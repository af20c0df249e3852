"""How soon a publication is found by every process, and how long an index takes to build.

    python scripts/desk.py run -- .venv/bin/python bench/index_refresh.py [--texts 1000 100000]

Two processes search all the time, as two web processes would. This one publishes; the time runs
until each of them has found the new words. Texts are drawn as in ``search_speed.py``, and stand
in a database of their own that is dropped at the end. ``longest search``: what a search took at
most while the processes were building.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

DATA = ROOT / "kb" / "data"
PROCESSES = 2
PUBLICATIONS = 5
PHRASINGS_PER_QUESTION = 6
LOOKS_EVERY_SECONDS = 0.01


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--texts", type=int, nargs="+", default=[1_000, 100_000])
    # Processes of its own, because the database of a process is settled when Django starts.
    parser.add_argument("--publish", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--find", nargs="+", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.publish or chosen.find:
        import django

        django.setup()
        _publish(chosen.publish) if chosen.publish else _find(chosen.find)
        return
    from bench.server import own_database

    for texts in chosen.texts:
        with own_database(os.environ["DATABASE_URL"]) as url:
            # Not the tests' mode: there every search looks at the database itself.
            ours = {"DATABASE_URL": url, "KLINGDESK_MODE": "demo"}
            ours["DJANGO_SETTINGS_MODULE"] = "klingdesk.settings"
            command = [sys.executable, __file__, "--publish", str(texts)]
            subprocess.run(command, env={**os.environ, **ours}, cwd=ROOT, check=True)


def _publish(texts: int) -> None:
    from django.core.management import call_command
    from django.db import connections

    call_command("migrate", verbosity=0)
    count = _fill(texts)
    words = [f"probe{number}" for number in range(PUBLICATIONS)]
    seekers = [_seeker(words) for _ in range(PROCESSES)]
    for seeker in seekers:
        _line(seeker)  # ready: its first index is built
    delays = []
    for number, word in enumerate(words):
        began = _publish_word(f"q{number}", word)
        delays.append([float(_line(seeker).split()[1]) - began for seeker in seekers])
    longest = max(float(_line(seeker)) for seeker in seekers)
    for seeker in seekers:
        seeker.wait()
    apart = max(max(each) - min(each) for each in delays)
    seconds, worked = _build_seconds()
    print(f"{count} texts: built in {seconds:.2f} s (processor {worked:.2f} s), reading included;")
    print(
        f"  found by both processes after {_mean(delays):.2f} s on average, "
        f"{max(map(max, delays)):.2f} s at most; {apart:.2f} s apart at most; "
        f"longest search {longest * 1000:.0f} ms"
    )
    connections.close_all()


def _mean(delays: list[list[float]]) -> float:
    return sum(map(max, delays)) / len(delays)


def _fill(texts: int) -> int:
    """Questions and synonyms straight into the tables: publishing so many would take hours."""
    from bench.search_quality import documents
    from bench.search_speed import Speaker
    from kb.models import Category, Phrasing, StandardQuestion, Synonym
    from kb.services.publishing import bump_search_index
    from kb.services.starter import read_yaml

    speaker = Speaker(
        (text for each in documents(DATA) for text in (each.title, *each.phrasings)), seed=1
    )
    category = Category.objects.create(slug="bench", title="bench")
    questions = StandardQuestion.objects.bulk_create(
        StandardQuestion(
            key=f"q{number}",
            category=category,
            title=speaker.text(),
            status="online",
            script="-",
            revision_number=1,
        )
        for number in range(texts // (1 + PHRASINGS_PER_QUESTION))
    )
    phrasings = (
        Phrasing(question=question, text=f"{speaker.text()} {number}")
        for question in questions
        for number in range(PHRASINGS_PER_QUESTION)
    )
    Phrasing.objects.bulk_create(phrasings, batch_size=5_000)
    Synonym.objects.bulk_create(
        Synonym(canonical=group["canonical"], variant=variant)
        for group in read_yaml(DATA / "synonyms.yaml")
        for variant in group["variants"]
    )
    bump_search_index()
    return len(questions) * (1 + PHRASINGS_PER_QUESTION)


def _publish_word(key: str, word: str) -> float:
    """Publish ``word`` as a phrasing; returns when that was committed."""
    from django.utils import timezone

    from kb.models import StandardQuestion
    from kb.services.content import published_content
    from kb.services.publishing import publish_question

    content = published_content(StandardQuestion.objects.get(key=key))
    publish_question(
        key=key,
        content=replace(content, phrasings=(*content.phrasings, word)),
        acting_user=None,
        reason="bench",
        now=timezone.now(),
    )
    return time.time()


def _build_seconds() -> tuple[float, float]:
    from kb.selectors.search import read_library

    began, busy = time.perf_counter(), time.process_time()
    read_library()
    return time.perf_counter() - began, time.process_time() - busy


def _seeker(words: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, __file__, "--find", *words],
        stdout=subprocess.PIPE,
        text=True,
    )


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None  # noqa: S101 - a pipe was asked for
    line = process.stdout.readline()
    if not line:
        raise SystemExit("bench: a searching process ended early")
    return line


def _find(words: list[str]) -> None:
    """Say when each of ``words`` is found first, and how long a search took at most."""
    from kb.selectors.search import search_questions

    search_questions("ready")
    print("ready", flush=True)
    longest = 0.0
    for word in words:
        while True:
            began = time.perf_counter()
            found: Any = search_questions(word).hits[:1]
            longest = max(longest, time.perf_counter() - began)
            if found and found[0].text == word:
                break
            time.sleep(LOOKS_EVERY_SECONDS)
        print(f"{word} {time.time()}", flush=True)
    print(longest, flush=True)


if __name__ == "__main__":
    main()
