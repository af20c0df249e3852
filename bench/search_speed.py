"""How fast search is, and how much memory it takes, with many synthetic phrasings.

    python bench/search_speed.py [--texts 100000] [--queries 300] [--data kb/data]

The phrasings are drawn from a chain of characters learnt from the knowledge base (so that
common words are common), with one character in ten drawn from 3,000 ideographs (so that there
are rare ones). The queries are drawn the same way. Seeded: two runs do the same work.
"""

from __future__ import annotations

import argparse
import random
import resource
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.search_quality import documents, synonyms
from kb.search.index import Document, SearchIndex

TEXTS_PER_QUESTION = 7
STRANGE = [chr(0x4E00 + number) for number in range(3_000)]


class Speaker:
    """Draws texts that look like the ones it has heard."""

    def __init__(self, texts: Iterable[str], seed: int) -> None:
        self._random = random.Random(seed)
        self._next: defaultdict[str, list[str]] = defaultdict(list)
        for text in texts:
            for one, other in zip(("", *text), (*text, ""), strict=True):
                self._next[one].append(other)

    def text(self, shortest: int = 6, longest: int = 24) -> str:
        length = self._random.randint(shortest, longest)
        said: list[str] = []
        last = ""
        while len(said) < length:
            if self._random.random() < 0.1:
                said.append(self._random.choice(STRANGE))
                continue
            last = self._random.choice(self._next[last])
            said.append(last)
        return "".join(said)


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--texts", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--data", type=Path, default=Path("kb/data"))
    arguments = parser.parse_args()

    heard = [text for each in documents(arguments.data) for text in (each.title, *each.phrasings)]
    speaker = Speaker(heard, seed=1)
    library = [
        Document(
            f"q{number}",
            speaker.text(),
            tuple(speaker.text() for _ in range(TEXTS_PER_QUESTION - 1)),
        )
        for number in range(arguments.texts // TEXTS_PER_QUESTION)
    ]
    queries = [speaker.text() for _ in range(arguments.queries)]

    SearchIndex.build(library[:10], synonyms(arguments.data))  # loads the dictionaries
    before, started, busy = megabytes(), time.perf_counter(), time.process_time()
    index = SearchIndex.build(library, synonyms(arguments.data))
    built, worked = time.perf_counter() - started, time.process_time() - busy
    print(f"{len(index)} questions, {len(library) * TEXTS_PER_QUESTION} texts: ", end="")
    print(f"built in {built:.1f} s (processor {worked:.1f} s), ", end="")
    print(f"peak memory {megabytes() - before:.0f} MB more")
    index.search(queries[0])
    taken, work = [], []
    for query in queries:
        started, busy = time.perf_counter(), time.process_time()
        index.search(query)
        taken.append((time.perf_counter() - started) * 1_000)
        work.append((time.process_time() - busy) * 1_000)
    print(f"{len(queries)} queries: {percentiles(taken)}; processor {percentiles(work)}")


def percentiles(taken: list[float]) -> str:
    found = statistics.quantiles(taken, n=100)
    return f"p50 {found[49]:.1f} ms, p95 {found[94]:.1f} ms"


if __name__ == "__main__":
    main()
