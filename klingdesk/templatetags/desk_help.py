"""The way to the help from every page: ``{% load desk_help %}``."""

from __future__ import annotations

from django import template
from django.urls import reverse

from klingdesk.core.roles import Role, roles_of
from klingdesk.help.offers import first_role, offered_tour
from klingdesk.help.texts import pages_with
from klingdesk.help.topics import TOPIC_OF

register = template.Library()


@register.simple_tag(takes_context=True)
def help_address(context: template.Context, topic: str = "") -> str:
    """The help, opened at the section about ``topic`` or else about the present page."""
    request = context.get("request")
    match = getattr(request, "resolver_match", None)
    about = topic or TOPIC_OF.get(match.url_name if match else "", "")
    if request is None or not about:
        return reverse("admin:help")
    roles = pages_with(about)
    own = roles_of(request.user)
    mine = [role for role in roles if role in own]
    if roles and first_role(request.user) not in mine:
        role = (mine or list(roles))[0]
        return f"{reverse('admin:help_role', args=[role.value])}#{about}"
    return f"{reverse('admin:help')}#{about}"


@register.simple_tag(takes_context=True)
def tour_on_offer(context: template.Context) -> Role | None:
    """The tour to offer on this page, if any."""
    request = context.get("request")
    return offered_tour(request) if request is not None else None
