"""``make backup`` while the desk's server runs, ``make restore`` into an empty folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.embedded.conftest import Started

pytestmark = pytest.mark.faults

MIGRATED = """
import os, sys
from pathlib import Path
sys.path.insert(0, os.getcwd())
from klingdesk.embedded import backups
from klingdesk.embedded.signals import StopFlag
folder = backups._folder()
folder.open()
flag = StopFlag()
flag.install()
with backups._server(folder, flag) as cluster:
    assert backups._manage(folder, cluster, "migrate", ["--noinput", "--verbosity=0"]) == 0
    code = "from kb.models import Category as C; C.objects.create(slug='x', title='留下', order=1)"
    assert backups._manage(folder, cluster, "shell", ["--verbosity=0", "-c", code]) == 0
    print("up", flush=True)
    flag.sleep(600)
"""
COUNT = """
import os, sys
sys.path.insert(0, os.getcwd())
from klingdesk.embedded import backups
from klingdesk.embedded.signals import StopFlag
folder = backups._folder()
folder.open()
flag = StopFlag()
with backups._server(folder, flag) as cluster:
    code = "from kb.models import Category; print([c.title for c in Category.objects.all()])"
    backups._manage(folder, cluster, "shell", ["--verbosity=0", "-c", code])
folder.close()
"""


def test_a_backup_of_a_running_desk_comes_back_elsewhere(
    start: Callable[..., Started], tmp_path: Path
) -> None:
    here, there = str(tmp_path / "here"), str(tmp_path / "there")
    file = str(tmp_path / "desk.backup")
    running = start("-c", MIGRATED, KLINGDESK_DATA=here)
    running.wait_for(lambda: "up" in running.said.split() or not running.family(), seconds=120)

    written = start("scripts/desk.py", "backup", file, KLINGDESK_DATA=here)
    assert written.process.wait(60) == 0, written.said
    assert f"{file}: " in written.said
    again = start("scripts/desk.py", "backup", file, KLINGDESK_DATA=here)
    assert again.process.wait(60) == 1
    assert "--overwrite" in again.said
    busy = start("scripts/desk.py", "restore", file, KLINGDESK_DATA=here)
    assert busy.process.wait(60) == 1
    assert "stop it first" in busy.said

    restored = start("scripts/desk.py", "restore", file, KLINGDESK_DATA=there)
    assert restored.process.wait(120) == 0, restored.said
    counted = start("-c", COUNT, KLINGDESK_DATA=there)
    assert counted.process.wait(60) == 0, counted.said
    assert "['留下']" in counted.said
    over = start("scripts/desk.py", "restore", file, KLINGDESK_DATA=there)
    assert over.process.wait(60) == 1
    assert "--replace" in over.said
    assert restored.family() == over.family() == []
    assert json.loads((tmp_path / "there" / "processes.json").read_text()) == []


def test_a_folder_without_a_desk(start: Callable[..., Started], tmp_path: Path) -> None:
    done = start("scripts/desk.py", "backup", "x", KLINGDESK_DATA=str(tmp_path / "none"))
    assert done.process.wait(30) == 1
    assert "there is no desk in" in done.said
    assert not (tmp_path / "none").exists()
