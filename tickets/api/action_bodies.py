"""What is sent to do something to a ticket. What is right is decided by the services."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kb.api.strict import Moment, StrictSerializer, Text, Truth, Whole
from klingdesk.core.errors import Invalid
from tickets.models.labels import ContactChannel, ContactResult, Priority, ResolutionCode
from tickets.selectors.masking import PersonalPart
from tickets.services.bulk import MOST_TICKETS
from tickets.services.returns import MOST_LABEL, MOST_MISSING
from tickets.services.text import MOST_TEXT

_LARGEST_ID = 2**63 - 1


def _remark(help_text: str = "") -> Text:
    return Text(
        max_length=MOST_TEXT, required=False, allow_blank=True, default="", help_text=help_text
    )


def _reason() -> Text:
    return Text(max_length=MOST_TEXT, help_text="Why; it stands in the timeline.")


def _maybe(most: int, help_text: str = "", *, allow_blank: bool = False) -> Text:
    return Text(
        max_length=most,
        required=False,
        allow_null=True,
        allow_blank=allow_blank,
        default=None,
        help_text=help_text,
    )


class TeamBody(StrictSerializer):
    team = _maybe(50, "Its slug.")


class SeenBody(StrictSerializer):
    """An action of somebody who may have looked at an older state of the ticket."""

    expected_event = Whole(
        min_value=1,
        max_value=_LARGEST_ID,
        required=False,
        allow_null=True,
        default=None,
        help_text="`last_event` of the ticket as it was read: 409 with code `stale` when the state "
        "or the assignee has changed since. Unless given, the state that stands now decides alone.",
    )


class RemarkBody(SeenBody):
    note = _remark()


class NoteBody(SeenBody):
    note = Text(max_length=MOST_TEXT, help_text="`@username` tells a person who sees the ticket.")


class UndoBody(StrictSerializer):
    event = Whole(
        min_value=1,
        max_value=_LARGEST_ID,
        required=False,
        allow_null=True,
        default=None,
        help_text="The release, transfer or note that is meant: `undo.event` of the ticket, or its "
        "`last_event` after the action. Unless given, the last thing that the caller can undo.",
    )


class ReasonBody(SeenBody):
    reason = _reason()


@extend_schema_field({"$ref": "#/components/schemas/ContactChannelEnum"})
class ContactKindField(serializers.ChoiceField):
    """The two ways to answer a user: the same ones as in a hand-over."""


class ContactBody(SeenBody):
    kind = ContactKindField(ContactChannel.values)
    result = serializers.ChoiceField(ContactResult.values)
    at = Moment(
        required=False,
        allow_null=True,
        default=None,
        help_text="When it was made: just now unless given, at most seven days ago.",
    )
    note = _remark()
    next_try_at = Moment(required=False, allow_null=True, default=None)
    resume = Truth(
        required=False, default=False, help_text="Take up a ticket that waits for the user."
    )


class WaitBody(SeenBody):
    note = Text(max_length=MOST_TEXT, help_text="What is waited for.")
    next_try_at = Moment(help_text="When to look again.")


class ResolveBody(SeenBody):
    code = serializers.ChoiceField(ResolutionCode.values)
    summary = Text(max_length=MOST_TEXT)


class MissingBody(StrictSerializer):
    """One thing that tier 1 is to complete: a field of the ticket, or a label in words."""

    field = Text(
        max_length=80,
        required=False,
        allow_blank=True,
        default="",
        help_text="`problem`, `demand`, `account_id`, `contact`, or a `key` of `extra`.",
    )
    label = Text(  # type: ignore[assignment]
        max_length=MOST_LABEL, required=False, allow_blank=True, default=""
    )
    why = Text(max_length=MOST_TEXT)


class ReturnBody(ReasonBody):
    missing = serializers.ListField(
        child=MissingBody(), allow_empty=False, min_length=1, max_length=MOST_MISSING
    )


class CompleteBody(SeenBody):
    """Fields that are left out, or null, stay as they are."""

    problem = _maybe(MOST_TEXT, allow_blank=True)
    demand = _maybe(MOST_TEXT, allow_blank=True)
    account_id = _maybe(100, allow_blank=True)
    contact_channel = serializers.ChoiceField(
        ContactChannel.values, required=False, allow_null=True, default=None
    )
    contact_value = _maybe(100, allow_blank=True)
    extra = serializers.DictField(
        child=Text(max_length=MOST_TEXT, allow_blank=True),
        required=False,
        default=dict,
        help_text="By key; an emptied one goes away unless it is required.",
    )
    note = _remark("Needed when nothing is corrected.")


class DestinationBody(StrictSerializer):
    """A team or a person, not both."""

    team = _maybe(50, "Slug of the team whose queue it goes to.")
    person = _maybe(150, "User name of an active advisor.")
    skill = _maybe(40, "What the next advisor must know.", allow_blank=True)


class TransferBody(DestinationBody, ReasonBody):
    """To a team's queue or into an advisor's hands."""


class MergeBody(ReasonBody):
    into = Text(max_length=20, help_text="Number of the ticket that goes on.")


class PriorityField(serializers.ChoiceField):
    """A JSON number, for which ``1.0`` is ``1``; the stock field takes ``"1"`` instead."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, float) and data.is_integer():
            data = int(data)
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class PriorityBody(ReasonBody):
    priority = PriorityField(Priority.values, help_text="0 normal, 1 high, 2 urgent.")


class RevealBody(StrictSerializer):
    what = serializers.ListField(
        child=serializers.ChoiceField([part.value for part in PersonalPart]),
        allow_empty=False,
        min_length=1,
        max_length=len(PersonalPart),
        help_text="`transcript` is everything that was said or written: problem, demand, further "
        "details, what tier 1 heard, notes, the summary.",
    )
    reason = _reason()


_USES = {
    "assign": frozenset({"person", "skill"}),
    "transfer": frozenset({"team", "person", "skill"}),
    "priority": frozenset({"priority"}),
}


class BulkBody(DestinationBody):
    """`assign` takes `person`, `transfer` takes `team` or `person`, `priority` takes `priority`."""

    action = serializers.ChoiceField(list(_USES))
    numbers = serializers.ListField(
        child=Text(max_length=20), allow_empty=False, min_length=1, max_length=MOST_TICKETS
    )
    reason = _reason()
    priority = PriorityField(Priority.values, required=False, allow_null=True, default=None)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        """What the action does not use is refused: it would have been meant for something."""
        used = _USES[given["action"]]
        errors: dict[str, Any] = {
            name: [_("This action does not use it.")]
            for name in frozenset[str]().union(*_USES.values()) - used
            if given[name] is not None
        }
        for action, name in (("assign", "person"), ("priority", "priority")):
            if given["action"] == action and given[name] is None:
                errors[name] = [_("This field is required.")]
        if errors:
            raise Invalid(_("Some details are missing or wrong."), fields=errors)
        return given
