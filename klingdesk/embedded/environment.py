"""The environment that the desk's own processes get."""

from __future__ import annotations

import os
from collections.abc import Mapping

from klingdesk.embedded.cluster import Cluster
from klingdesk.embedded.trouble import Trouble


def desk_environment(
    cluster: Cluster, given: Mapping[str, str], ours: Mapping[str, str]
) -> dict[str, str]:
    """``given`` with the addresses of ``cluster``, and with ``ours`` on top."""
    added = {
        "DATABASE_URL": cluster.url,
        "CELERY_BROKER_URL": cluster.broker_url,
        "DJANGO_SETTINGS_MODULE": "klingdesk.settings",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }
    return {**given, **added, **ours}


def forget_client_variables() -> None:
    """Drop ``PG*`` from our environment, and so from our children's.

    A caller's PGPORT or PGOPTIONS would lead every connection that leaves them open astray.
    """
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


def port_number(text: str) -> int:
    """``PORT`` as a number from 1 to 65535."""
    if text.isascii() and text.isdigit() and 0 < int(text) < 65536:
        return int(text)
    raise Trouble(f"PORT is {text!r}; write a number from 1 to 65535.")
