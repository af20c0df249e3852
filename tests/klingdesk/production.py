"""A production desk's environment, and running this code in it as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

SAFE = {
    "KLINGDESK_MODE": "production",
    "KLINGDESK_SECRET_KEY": "k" * 50,
    "KLINGDESK_ALLOWED_HOSTS": "desk.example.com",
    "CELERY_BROKER_URL": "amqp://desk:hush-broker@127.0.0.1:1//",
    "DATABASE_URL": "postgres://desk:hush-database@127.0.0.1:1/desk",
}
SECRETS = ("hush-broker", "hush-database", "k" * 50)


def run(
    *arguments: str, environment: dict[str, str], seconds: float = 60
) -> subprocess.CompletedProcess[str]:
    """``python ARGUMENTS`` with nothing of our own environment but what Python needs."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
