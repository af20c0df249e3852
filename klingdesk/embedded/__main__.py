"""``python -m klingdesk.embedded`` and ``up``, ``run -- COMMAND``, ``backup FILE``, ``restore``."""

from __future__ import annotations

import argparse
import os
import sys


def main() -> int:
    """The exit code: 0 after a clean stop, 1 in trouble, 2 for wrong arguments."""
    parser = argparse.ArgumentParser(prog="python -m klingdesk.embedded", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="run the desk until Ctrl-C")
    run = commands.add_parser("run", help="run a command against a throw-away PostgreSQL")
    run.add_argument("argv", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    for name, text in (("backup", "write the desk into FILE"), ("restore", "put FILE back")):
        copying = commands.add_parser(name, help=text, add_help=False)
        copying.add_argument("argv", nargs=argparse.REMAINDER, metavar="FILE")
    chosen = parser.parse_args()
    if os.name != "posix":
        print("klingdesk: the embedded desk needs Linux or macOS; use WSL.", file=sys.stderr)  # noqa: T201
        return 1

    from klingdesk.embedded.console import complain
    from klingdesk.embedded.trouble import Trouble

    try:
        if chosen.command == "up":
            from klingdesk.embedded.desk import up

            up()
            return 0
        if chosen.command in ("backup", "restore"):
            from klingdesk.embedded import backups

            copy = backups.backup if chosen.command == "backup" else backups.restore
            return copy(chosen.argv)
        from klingdesk.embedded import throwaway

        argv = chosen.argv[1:] if chosen.argv[:1] == ["--"] else chosen.argv
        if not argv:
            run.error("which command? run -- COMMAND")
        return throwaway.run(argv)
    except Trouble as trouble:
        complain(str(trouble))
        return 1
    except OSError as error:
        # A full disk, or files in the data folder that somebody else made unreadable.
        complain(f"{error.filename or 'the desk'}: {error.strerror or error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
