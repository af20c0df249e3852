"""What can be wrong with a flow: the words of every code, and what to do about it.

Source texts with ``%(name)s`` place holders; an interface that speaks another language
translates them and fills in ``FlowError.params`` itself (``FlowError.told``).
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Severity = Literal["error", "warning"]


def gettext_noop(text: str) -> str:
    """Marks a text for the catalogue; this package knows no translations."""
    return text


class Finding(NamedTuple):
    message: str
    remedy: str
    severity: Severity = "error"


_ = gettext_noop
_FILL_IN = _("Add it.")
_CORRECT = _("Correct it.")
_RENAME = _("Give one of them another name.")
_CHOOSE_KNOWN = _("Choose one that exists, or make it first.")
_SHORTEN = _("Shorten it.")

SHAPE = {
    "required": Finding(_("is missing"), _FILL_IN),
    "branch_without_else": Finding(
        _("has no else: nobody knows how it goes on when no rule holds"),
        _("Add “else” with the node to go to."),
    ),
    "unknown_key": Finding(
        _("is not a key that belongs here"), _("Remove it, or correct its spelling.")
    ),
    "blank": Finding(_("must not be blank"), _("Write something, or remove the key.")),
    "too_long": Finding(_("is longer than %(max_length)s characters"), _SHORTEN),
    "not_text": Finding(_("must be text; write it in quotes"), _("Put it in quotes.")),
    "bad_key": Finding(
        _("must be small letters and digits joined by single signs, as in “first-try”"), _CORRECT
    ),
    "bad_amount": Finding(
        _("must be an amount in quotes with at most two decimals, as in “66.00”"), _CORRECT
    ),
    "not_bool": Finding(_("must be true or false"), _CORRECT),
    "not_a_number": Finding(_("must be a whole number"), _CORRECT),
    "too_small": Finding(_("must be at least %(ge)s"), _CORRECT),
    "too_big": Finding(_("must be at most %(le)s"), _CORRECT),
    "not_a_list": Finding(_("must be a list"), _CORRECT),
    "not_a_mapping": Finding(_("must be a mapping of keys to values"), _CORRECT),
    "kind_missing": Finding(_("has no kind"), _("Add “kind”.")),
    "unknown_kind": Finding(_("“%(tag)s” is no kind of node (%(expected_tags)s)"), _CORRECT),
    "not_allowed": Finding(_("must be %(expected)s"), _CORRECT),
    "too_few": Finding(
        _("needs at least %(min_length)s, has %(actual_length)s"), _("Add what is missing.")
    ),
    "too_many": Finding(_("may have at most %(max_length)s"), _("Remove some, or split it.")),
    "needs_schema_2": Finding(
        _("“%(what)s” is known since schema 2 only"), _("Write “schema: 2” at the top.")
    ),
}

NODES = {
    "control_character": Finding(_("holds a control character"), _("Type the text again.")),
    "unpaired_braces": Finding(
        _("double braces without a partner"), _("Write a variable as {{name}}.")
    ),
    "unknown_variable": Finding(
        _("“{{%(variable)s}}” is no variable"),
        _("Use a variable that the flow sets, or set it in a node before."),
    ),
    "variable_not_allowed": Finding(
        _("“{{%(variable)s}}” cannot stand here"),
        _(
            "Variables stand in scripts and prompts only; the promised date only in the script "
            "of a hand-over with a promise."
        ),
    ),
    "personal_in_script": Finding(
        _("“{{%(variable)s}}” is personal and must not stand in a text that is read out or copied"),
        _("Remove it from the text."),
    ),
    "internal_words": Finding(
        _("“%(word)s” is a word of the house, and the text is read out to the user"),
        _("Say it in the user's words, or move it to the hint."),
    ),
    "script_and_answer": Finding(
        _("has a script and a standard question to take the script from"),
        _("Keep one of them."),
    ),
    "repeated_value": Finding(_("“%(text)s” is already the value of number %(first)s"), _RENAME),
    "repeated_label": Finding(_("“%(text)s” is already the label of number %(first)s"), _RENAME),
    "repeated_key": Finding(_("“%(text)s” is already the key of number %(first)s"), _RENAME),
    "repeated": Finding(_("“%(text)s” is there twice"), _("Remove one of them.")),
    "alike_labels": Finding(
        _("“%(text)s” begins like “%(other)s”: easily taken for each other"),
        _("Let every answer begin with another character."),
        "warning",
    ),
    "redirect_nowhere": Finding(
        _("needs a question or a channel to redirect to"), _("Add “question” or “channel”.")
    ),
    "promise_requires_all": Finding(
        _("a promise needs %(missing)s too: without them nobody can keep it"),
        _("Add them to “requires”, or promise nothing."),
    ),
    "reserved_key": Finding(_("“%(text)s” is captured anyway"), _("Give it another name.")),
    "reserved_variable": Finding(
        _("“%(text)s” is filled in by the desk itself"), _("Give the variable another name.")
    ),
    "options_missing": Finding(_("a field of kind choice needs options"), _("Add “options”.")),
    "options_unused": Finding(
        _("only a field of kind choice has options"), _("Remove “options”, or change the kind.")
    ),
    "bad_limits": Finding(
        _("the lowest allowed value is above the highest: nothing can be filled in"),
        _("Exchange “min” and “max”."),
    ),
    "outcome_unknown": Finding(
        _("“%(text)s” is no outcome of this flow (%(allowed)s)"),
        _("Use one of them; a flow that is part of others lists its own under “outcomes”."),
    ),
    "text_missing": Finding(
        _("has nothing to read a text from"),
        _("Add a prompt that asks for it, or the variable that holds it."),
    ),
    "compare_with_what": Finding(
        _("needs either a value or another variable to compare with"),
        _("Add “value” or “other”, not both."),
    ),
    "prefill_not_captured": Finding(
        _("“%(text)s” is filled in beforehand, but is not captured"), _("Add it to “requires”.")
    ),
}

GRAPH = {
    "start_missing": Finding(_("there is no node “%(target)s”"), _CHOOSE_KNOWN),
    "dangling_next": Finding(_("there is no node “%(target)s”"), _CHOOSE_KNOWN),
    "unreachable": Finding(
        _("no way leads here from the start"), _("Lead an answer here, or remove the node.")
    ),
    "no_way_out": Finding(
        _("no way leads from here to an end"), _("Lead one of its answers to an end.")
    ),
    "endless_talk": Finding(
        _("goes round without asking anybody: %(loop)s"),
        _("Put a question into the round, or lead out of it."),
    ),
    "endless_rounds": Finding(
        _("goes round without a person: %(loop)s"),
        _("Put a step for the agent into the round, or lead out of it."),
    ),
    "long_way": Finding(
        _("%(steps)s steps from here to the nearest end, %(most)s is much"),
        _("Ask less, or ask it in one step."),
        "warning",
    ),
}

VARIABLES = {
    "variable_unknown": Finding(
        _("no node sets the variable “%(variable)s”"),
        _("Set it in a node before, or correct its name."),
    ),
    "variable_conflict": Finding(
        _("“%(variable)s” is declared as something else in node “%(node)s”"),
        _("Use the same kind and options, or another name."),
    ),
    "maybe_unset": Finding(
        _("“%(variable)s” may be unset here, for instance by the way %(way)s"),
        _("Set it on every way, make it required, or ask “is_set” first."),
    ),
    "wrong_operator": Finding(
        _("“%(operator)s” does not fit “%(variable)s”, which is %(kind)s"),
        _("Compare for equality, or use a variable that has an order."),
    ),
    "wrong_value": Finding(
        _("“%(value)s” can never be a value of “%(variable)s” (%(allowed)s)"), _CORRECT
    ),
    "wrong_kind": Finding(
        _("“%(variable)s” is %(kind)s; this place needs %(expected)s"),
        _("Use another variable, or change the kind."),
    ),
    "not_comparable": Finding(
        _("“%(variable)s” and “%(other)s” cannot be compared"),
        _("Both must be of the same kind; options must be the same, ordered where order counts."),
    ),
}

TABLES = {
    "repeated_column": Finding(_("“%(text)s” is already a column"), _("Remove one of them.")),
    "unknown_column": Finding(
        _("“%(text)s” is no column of the table"), _("Remove it, or add the column.")
    ),
    "output_missing": Finding(
        _("the row does not say what “%(text)s” becomes"), _("Add it under “give”.")
    ),
    "unknown_output": Finding(
        _("“%(text)s” is no output of the table"), _("Remove it, or add the output.")
    ),
    "row_without_next": Finding(
        _("leads nowhere: neither the row nor the table has “next”"), _("Add “next”.")
    ),
    "empty_range": Finding(
        _("the range begins above its end: the row can never apply"), _("Exchange the two ends.")
    ),
    "never_applies": Finding(
        _("the row can never apply: its conditions contradict each other"),
        _("Correct or remove the row."),
    ),
    "incomplete": Finding(
        _("no row applies to: %(combination)s"), _("Add a row for it, or widen one.")
    ),
    "overlap": Finding(
        _("rows %(first)s and %(second)s both apply to: %(combination)s"),
        _("Narrow one of the two rows."),
    ),
    "too_many_combinations": Finding(
        _("the table has too many combinations to be proved"),
        _("Split it into two tables, one after the other."),
    ),
}

SURROUNDINGS = {
    "question_missing": Finding(_("there is no standard question “%(question)s”"), _CHOOSE_KNOWN),
    "question_retired": Finding(
        _("the standard question “%(question)s” is retired"), _("Choose the one in its place.")
    ),
    "script_not_in_force": Finding(
        _("the script of “%(question)s” is not in force: users would hear its fallback here"),
        _("Ask “in_force” in a branch before, and lead the other way to a hand-over."),
    ),
    "script_may_expire": Finding(
        _("the script of “%(question)s” will expire, and nothing here asks whether it has"),
        _("Ask “in_force” in a branch before, and lead the other way to a hand-over."),
        "warning",
    ),
    "flow_missing": Finding(
        _("there is no version %(version)s of the flow “%(flow)s”"), _CHOOSE_KNOWN
    ),
    "flow_too_deep": Finding(
        _("flows inside flows, more than %(most)s deep"), _("Walk some of it in one flow.")
    ),
    "outcome_not_led_on": Finding(
        _("the flow may end as “%(text)s”, and nothing says how it goes on then"),
        _("Add it under “outcomes”."),
    ),
    "outcome_never": Finding(
        _("the flow never ends as “%(text)s”"), _("Remove it, or correct its spelling.")
    ),
    "not_taken": Finding(
        _("the flow inside has no variable “%(variable)s”"),
        _("Correct its name, or do not take it."),
    ),
    "checker_missing": Finding(_("there is no checker “%(text)s” (%(allowed)s)"), _CORRECT),
}

WHOLE = {
    "key_changed": Finding(
        _("says “%(given)s”, but this flow is “%(key)s”: a flow keeps its key"),
        _("Write the key as it was; another flow is begun with “New flow”."),
    ),
    "bad_syntax": Finding(_("%(where)s%(problem)s"), _("Correct the text at this place.")),
    "text_too_long": Finding(_("longer than %(limit)s characters"), _("Split the flow.")),
}

FINDINGS = {**SHAPE, **NODES, **GRAPH, **VARIABLES, **TABLES, **SURROUNDINGS, **WHOLE}
