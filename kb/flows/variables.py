"""Variables of a flow: what a collect node asks for, and what automatic nodes work out.

A variable is declared where it is set. Declared twice, it must be the same kind of thing.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt

from kb.flows.parts import FieldKey, Label, Line, Options, Part

MOST_TEXT = 1_000
MOST_LONG_TEXT = 20_000
LEAST_COUNT, MOST_COUNT = 1, 999

Amount = Annotated[str, Field(pattern=r"^[0-9]{1,9}(?:\.[0-9]{1,2})?$")]
Times = Literal["past", "future"]


class _Variable(Part):
    """``error`` is said instead of our own words when a value is refused; a ``personal`` value
    never stands in a script (account IDs and telephone numbers are personal anyway)."""

    key: FieldKey
    label: Label
    required: StrictBool = True
    help: Line | None = None
    error: Line | None = None
    personal: StrictBool = False

    @property
    def is_personal(self) -> bool:
        return self.personal


class AccountIdVariable(_Variable):
    kind: Literal["account_id"]

    @property
    def is_personal(self) -> bool:
        return True


class MobileVariable(_Variable):
    """A number to call back; landlines with their area code are understood too."""

    kind: Literal["mobile"]

    @property
    def is_personal(self) -> bool:
        return True


class DatetimeVariable(_Variable):
    """A day and a time of day; ``when`` refuses what has not been or is over."""

    kind: Literal["datetime"]
    when: Times | None = None


class DateVariable(_Variable):
    kind: Literal["date"]
    when: Times | None = None


class AmountVariable(_Variable):
    """Yuan, to the fen; limits in quotes, as in ``"66.00"``."""

    kind: Literal["amount"]
    min: Amount | None = None
    max: Amount | None = None


class CountVariable(_Variable):
    kind: Literal["count"]
    min: StrictInt = LEAST_COUNT
    max: StrictInt = MOST_COUNT


class TextVariable(_Variable):
    kind: Literal["text"]
    max_length: Annotated[StrictInt, Field(ge=1, le=MOST_LONG_TEXT)] = MOST_TEXT


class OneOfVariable(_Variable):
    """One of ``options``; ``ordered`` means that they are listed from low to high."""

    kind: Literal["one_of"]
    options: Options
    ordered: StrictBool = False


class BooleanVariable(_Variable):
    """True or false; worked out, never asked for."""

    kind: Literal["boolean"]


CollectVariable = Annotated[
    AccountIdVariable
    | MobileVariable
    | DatetimeVariable
    | DateVariable
    | AmountVariable
    | CountVariable
    | TextVariable
    | OneOfVariable,
    Field(discriminator="kind"),
]
OutputVariable = Annotated[
    OneOfVariable | BooleanVariable | CountVariable | TextVariable, Field(discriminator="kind")
]
Variable = (
    AccountIdVariable
    | MobileVariable
    | DatetimeVariable
    | DateVariable
    | AmountVariable
    | CountVariable
    | TextVariable
    | OneOfVariable
    | BooleanVariable
)
