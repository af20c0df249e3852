"""Teams: the default one, and what follows when a team is changed."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from klingdesk.core.errors import NotFound
from tickets.models import Team
from tickets.models.labels import Assignment
from tickets.services.hints import hint_after_commit


@transaction.atomic
def make_default_team(*, team_id: int) -> Team:
    """Make one team the default in place of the present one; there is always exactly one."""
    # All rows, in one order: two managers choosing at once wait for each other.
    teams = {team.pk: team for team in Team.objects.select_for_update().order_by("pk")}
    chosen = teams.get(team_id)
    if chosen is None:
        raise NotFound(_("There is no such team."))
    Team.objects.filter(is_default=True).exclude(pk=team_id).update(is_default=False)
    if not chosen.is_default:
        chosen.is_default = True
        chosen.save(update_fields=["is_default"])
    return chosen


def assign_soon(*, team: Team | None) -> None:
    """After a team or its queue was changed: where the desk assigns, it is looked at after the
    commit."""
    if team is not None and team.assignment == Assignment.AUTOMATIC:
        hint_after_commit("tickets.assign_teams", team.pk)
