"""Input of the API: what is not asked for is refused, and a string is a string.

A caller that misspells a field learns it from the answer instead of wondering
later why nothing happened.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

UNKNOWN = _("There is no such field here.")
MOST_UNKNOWN_NAMED = 20
"""So many unknown names are repeated in the answer; a body may hold thousands."""

IN_RANGE = "^20[0-9]{2}-"
"""How an instant begins that calendars and databases can count with: 2000 to 2099."""


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not know, together with all other errors of the body."""

    def to_internal_value(self, data: Any) -> Any:
        errors: dict[str, Any] = {}
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields]
            errors = {str(name): [UNKNOWN] for name in unknown[:MOST_UNKNOWN_NAMED]}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as refused:
            known = refused.detail if isinstance(refused.detail, dict) else {}
            raise serializers.ValidationError({**known, **errors}) from refused
        if errors:
            raise serializers.ValidationError(errors)
        return values


class Nothing(StrictSerializer):
    """The body of an action that needs no details: absent, or ``{}``."""


class Text(serializers.CharField):
    """A JSON string, never a number in its place; U+0000 and lone surrogates are refused."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is not serializers.empty and data is not None and not isinstance(data, str):
            self.fail("invalid")
        # Measured as sent, spaces at its ends included: that is what the document promises.
        if self.max_length is not None and isinstance(data, str) and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().run_validation(data)


class Truth(serializers.BooleanField):
    """``true`` or ``false``: the stock field takes ``0``, ``"off"`` and the like for them, too."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Whole(serializers.IntegerField):
    """A JSON number without a fraction, never a string or a truth value in its place."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        return super().to_internal_value(data)


@extend_schema_field({"type": "string", "format": "date-time", "pattern": IN_RANGE})
class Moment(serializers.DateTimeField):
    """An ISO 8601 instant (without a zone: the desk's own) between 2000 and 2099."""

    default_error_messages = {"range": _("Give an instant between 2000 and 2099.")}

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            self.fail("invalid", format="YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]")
        # Read first, since the reason for a text that is no instant at all is another one.
        try:
            instant = super().to_internal_value(value)
        except OverflowError:  # at the ends of the calendar, in another zone
            self.fail("range")
        if not re.match(IN_RANGE, value):
            self.fail("range")
        return instant
