"""A supervisor with four dummies: ``python -m tests.embedded.dummies FOLDER``.

Each dummy writes its pid to FOLDER/NAME.pid and, told to stop, its name to FOLDER/order.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from klingdesk.embedded.children import Spec
from klingdesk.embedded.console import Console
from klingdesk.embedded.processes import Mark
from klingdesk.embedded.signals import StopFlag
from klingdesk.embedded.supervisor import Supervisor
from klingdesk.embedded.trouble import StopRequested

NAMES = ("first", "second", "third", "fourth")
SCRIPT = """
trap 'echo {name} >> order; exit 0' TERM
echo $$ > {name}.new; mv {name}.new {name}.pid
while :; do sleep 0.05; done
"""


def main(folder: Path) -> None:
    def record(marks: Iterable[Mark]) -> None:
        rows = [[m.name, m.pid, m.born] for m in marks]
        (folder / "record.json").write_text(json.dumps(rows))

    flag = StopFlag()
    flag.install()
    supervisor = Supervisor(Console(), flag, record)
    try:
        for name in NAMES:
            argv = ["/bin/sh", "-c", SCRIPT.format(name=name)]
            supervisor.start(Spec(name, argv, dict(os.environ), folder, folder / f"{name}.log"))
        supervisor.watch()
    except StopRequested:
        pass
    finally:
        supervisor.stop()
        flag.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
