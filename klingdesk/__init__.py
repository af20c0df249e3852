"""Composition root: settings, URLs, the admin site, the API and the ways to run."""

from klingdesk.celery import app as celery_app

__all__ = ["celery_app"]
