"""What the data folder accepts, refuses and keeps."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from klingdesk.embedded.demo import demo_password
from klingdesk.embedded.folder import DataFolder
from klingdesk.embedded.processes import Mark
from klingdesk.embedded.trouble import Trouble


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_a_new_folder_is_made_and_opened_again(path: Path) -> None:
    first = DataFolder(path)
    first.open()
    key = first.secret_key()
    first.close()
    second = DataFolder(path)
    second.open()
    assert second.secret_key() == key
    assert len(key) >= 50
    assert stat.S_IMODE((path / "secret-key").stat().st_mode) == 0o600
    assert path.stat().st_mode & 0o066 == 0
    second.close()


def test_a_second_desk_is_told_who_runs(path: Path) -> None:
    first, second = DataFolder(path), DataFolder(path)
    first.open()
    first.announce("http://127.0.0.1:8000/admin/ (pid 4711)")
    with pytest.raises(Trouble, match=r"already running: http://.*/admin/ \(pid 4711\)"):
        second.open()
    first.close()
    second.open()
    second.close()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("holiday.jpg", "", "not made by klingdesk"),
        ("klingdesk-data.json", json.dumps({"layout": 99}), "newer klingdesk"),
        ("klingdesk-data.json", "{", "damaged"),
        ("klingdesk-data.json", "[]", "damaged"),
    ],
)
def test_a_folder_that_is_not_ours_is_left_alone(
    path: Path, name: str, content: str, said: str
) -> None:
    path.mkdir()
    (path / name).write_text(content)
    with pytest.raises(Trouble, match=said):
        DataFolder(path).open()
    assert [entry.name for entry in path.iterdir()] == [name]


@pytest.mark.parametrize("parent", ["a-file", "x" * 300, "line\nbreak"])
def test_an_impossible_path_is_said_in_one_line(tmp_path: Path, parent: str) -> None:
    (tmp_path / "a-file").write_text("")
    with pytest.raises(Trouble) as caught:
        DataFolder(tmp_path / parent / "data").open()
    assert "KLINGDESK_DATA" in str(caught.value)


def test_the_demo_password_is_drawn_once_and_can_be_changed(tmp_path: Path) -> None:
    logins = tmp_path / "demo-logins.txt"
    drawn = demo_password(logins, {})
    assert len(drawn) >= 12
    assert demo_password(logins, {}) == drawn
    assert demo_password(logins, {"KLINGDESK_DEMO_PASSWORD": "another one"}) == "another one"
    assert demo_password(logins, {}) == "another one"
    assert stat.S_IMODE(logins.stat().st_mode) == 0o600


def test_a_recycled_pid_is_not_taken_for_ours() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        mark = Mark.of("web", process.pid)
        assert mark is not None
        assert mark.alive() is not None
        assert Mark("web", process.pid, mark.born - 60).alive() is None
        process.kill()
    assert mark.alive() is None
