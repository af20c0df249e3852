"""The help's pages, the tours as data for the browser, and what people answer to an offer."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from klingdesk.core.roles import Role, roles_of
from klingdesk.help.offers import first_role, put_off, seen
from klingdesk.help.places import addresses
from klingdesk.help.texts import FOR_EVERYBODY, text_of
from klingdesk.help.tours import ORDER, TOURS
from klingdesk.pages import desk_page, desk_render
from klingdesk.role_words import ROLE_WORDS


@desk_page(*Role)
def own_help(request: HttpRequest) -> HttpResponse:
    """The help of the person's own role."""
    return _help_page(request, first_role(request.user) or Role.AGENT)


@desk_page(*Role)
def role_help(request: HttpRequest, role: str) -> HttpResponse:
    """The help of any role: whoever works with somebody may read what they do."""
    return _help_page(request, _known(role))


@desk_page(*Role)
def tour(request: HttpRequest, role: str) -> JsonResponse:
    """The steps of a role's tour with their addresses, for whoever holds the role."""
    chosen = _held(request, role)
    steps = [
        {"url": address, "target": step.target, "title": str(step.title), "text": str(step.text)}
        for step, address in addresses(TOURS[chosen], user=request.user)
    ]
    response = JsonResponse({"name": chosen.value, "person": request.user.pk, "steps": steps})
    response.headers["Cache-Control"] = "no-store"
    return response


@desk_page(*Role, methods=("POST",))
def tour_answer(request: HttpRequest, role: str) -> HttpResponse:
    """``later`` puts the offer off; anything else means that it need not come again."""
    chosen = _held(request, role)
    if request.POST.get("answer") == "later":
        put_off(request)
    else:
        seen(request, chosen)
    if request.headers.get("Accept", "").startswith("application/json"):
        return HttpResponse(status=204)
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(
        back, {request.get_host()}, require_https=request.is_secure()
    ):
        back = reverse("admin:index")
    # Not ``redirect``: that takes a word without a slash for the name of a page.
    return HttpResponseRedirect(back)


def _known(role: str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise Http404(role) from None


def _held(request: HttpRequest, role: str) -> Role:
    chosen = _known(role)
    if chosen not in roles_of(request.user):
        raise PermissionDenied
    return chosen


def _help_page(request: HttpRequest, role: Role) -> HttpResponse:
    language = get_language() or ""
    own = roles_of(request.user)
    first = [each for each in ORDER if each in own]
    context: dict[str, Any] = {
        "title": _("Help"),
        "role": role.value,
        "tabs": [
            {
                "label": ROLE_WORDS[each],
                "href": reverse("admin:help_role", args=[each.value]),
                "current": each is role,
            }
            for each in [*first, *(other for other in Role if other not in own)]
        ],
        "text": text_of(role.value, language),
        "basics": text_of(FOR_EVERYBODY, language),
        "has_tour": role in own,
    }
    return desk_render(request, "admin/help/page.html", context)
