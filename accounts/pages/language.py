"""The switch of the language, in the head of every page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.views.i18n import LANGUAGE_QUERY_PARAMETER
from django.views.i18n import set_language as switch_browser

from accounts.services.personal import choose_language
from accounts.sessions import LANGUAGE
from klingdesk.core.errors import Invalid


def set_language(request: HttpRequest) -> HttpResponseBase:
    """Django's, which leaves a cookie for the pages before a login; a person's choice is kept."""
    response = switch_browser(request)
    wanted = request.POST.get(LANGUAGE_QUERY_PARAMETER)
    if request.method == "POST" and wanted and request.user.is_authenticated:
        try:
            choose_language(acting_user=request.user, language=wanted)
        except Invalid:
            # As Django does with a language it does not know: the page stays as it is.
            return response
        request.session[LANGUAGE] = wanted
    return response
