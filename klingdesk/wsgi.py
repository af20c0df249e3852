"""WSGI entry point for gunicorn; refuses to start with unsafe production settings."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "klingdesk.settings")

application = get_wsgi_application()

from django.conf import settings  # noqa: E402 - needs the apps loaded
from django.urls import get_resolver  # noqa: E402

from klingdesk import garbage  # noqa: E402
from klingdesk.checks import refuse_unsafe  # noqa: E402
from klingdesk.observing import tracing  # noqa: E402

refuse_unsafe()
tracing.start(settings.KLINGDESK_OTLP_ENDPOINT, service="klingdesk-web")
# Django reads the addresses, and with them every view, when the first request comes: it would
# wait for seconds, and nothing of that would be settled.
_ = get_resolver().url_patterns
garbage.settle()
