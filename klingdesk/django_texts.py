"""Texts of Django's own pages that its Chinese catalogue (5.2) does not have, or has badly.

Naming them here puts them into ours, which Django asks first. Those of its scripts stand in
``locale/zh_Hans/LC_MESSAGES/djangojs.po``, see ``DeskAdminSite.i18n_javascript``.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop, ngettext_lazy

TEXTS = (
    gettext_noop("Model name"),
    gettext_noop("Add link"),
    gettext_noop("Change or view list link"),
    gettext_noop("After you’ve created a user, you’ll be able to edit more user options."),
    gettext_noop("Error:"),
    gettext_noop(
        "Please enter the correct %(username)s and password for a staff account. Note that both "
        "fields may be case-sensitive."
    ),
    ngettext_lazy(
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
    gettext_noop("Select %s"),
    gettext_noop("Select %s to change"),
    gettext_noop("Select %s to view"),
    gettext_noop("%(model)s instance with %(field)s %(value)r is not a valid choice."),
)
