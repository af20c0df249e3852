"""How the time of the request checker grows with what is pasted, for heaps that mislead a reader.

    python -m bench.checker_speed

Eight times the text should take about eight times as long. The ratio counts where the longer one
takes more than a tenth of a second.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

from kb.flows import checkers

SHORT, LONG = 20_000, 160_000

HEAPS: Final = [
    "a",
    " ",
    "{",
    '{"a":',
    '{"model":',
    "{'model':'\\",
    '"',
    "'",
    "`",
    "\\",
    '\\"',
    "{/*",
    "https://",
    "http://a?",
    "eyJ-",
    "a.",
    'key="',
    'key=\\"',
    "key:{",
    "token=a(",
    "密钥是",
    "bearer ",
    "curl ",
    "curl '",
    "\n-H ",
    "Authorization: ",
    '"/videos',
    "create(",
    "{a:b+'\\'\\'",
    '{"prompt":"x"},',
    '{"prompt":"x",',
    "POST /videos\n",
    "data:image/png;base64,",
    "-----BEGIN KEY-----",
    "--api-key ",
    "secret: |\n x\n",
    "x=1\n",
]


def seconds(piece: str, length: int) -> float:
    """Processor time of one check of ``length`` characters."""
    text = (piece * (length // len(piece) + 1))[:length]
    began = time.process_time()
    checkers.run("video-api-request", text, now=datetime(2026, 1, 1, tzinfo=UTC))
    return time.process_time() - began


def main() -> None:
    print(f"{'heap of':24} {SHORT:>8} {LONG:>9} characters   ratio")
    for piece in HEAPS:
        short, long = seconds(piece, SHORT), seconds(piece, LONG)
        ratio = f"{long / max(short, 1e-9):7.1f}" if long > 0.1 else "      –"
        print(f"{piece!r:24} {short:7.3f}s {long:8.3f}s            {ratio}")


if __name__ == "__main__":
    main()
