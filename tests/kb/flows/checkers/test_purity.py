"""The checkers need no Django: they can be imported, and tested, without any settings."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
import kb.flows.checkers
print([name for name in sys.modules if name.split(".")[0] in ("django", "klingdesk", "tickets")])
"""


def test_importing_the_package_imports_nothing_of_django_or_of_the_desk() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
