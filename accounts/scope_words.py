"""What the scopes of a token are called, for people who choose among them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.scopes import Scope

SCOPE_WORDS: Mapping[Scope, Any] = {
    Scope.KB_READ: _("Search and read standard questions"),
    Scope.SEARCHES_WRITE: _("Log what was searched"),
    Scope.CONTACTS_READ: _("Read contacts"),
    Scope.CONTACTS_WRITE: _("Begin, walk, end and hand over contacts"),
    Scope.TICKETS_READ: _("Read tickets; personal data stays masked as on the pages"),
    Scope.TICKETS_WRITE: _("Work on tickets"),
    Scope.TICKETS_REVEAL: _("Show masked personal data; each time leaves an event"),
    Scope.PROMISE_READ: _("Count working days and due dates"),
    Scope.REPORTS_READ: _("Read reports"),
    Scope.EXPORTS_WRITE: _("Make and fetch exports"),
    Scope.EVENTS_READ: _("Follow the events of tickets"),
    Scope.EVENTS_WRITE: _("Change subscriptions to events"),
    Scope.INTAKE_READ: _("See which users of a chatbot wait for an agent"),
    Scope.INTAKE_WRITE: _("Send users of a chatbot to the agents, or take them"),
}
