"""The components: what they say to eyes and screen readers, and that nothing gets in unescaped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from django.core.paginator import Paginator
from django.template import Context, RequestContext, Template, TemplateSyntaxError
from django.test import RequestFactory

from klingdesk.templatetags.desk import LONG_CHIP

EVIL = '<script>alert("1")</script>\'&'
ESCAPED = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#x27;&amp;"


def shown(source: str, **values: Any) -> str:
    text: str = Template("{% load desk %}" + source).render(Context({"evil": EVIL, **values}))
    return text.strip()


@dataclass(frozen=True)
class Cell:
    date: date
    mark: str
    classes: str
    words: str


MONTHS = [
    {
        "title": EVIL,
        "weeks": [[None, Cell(date(2026, 3, 4), mark="1", classes="cal-counted", words=EVIL)]],
    }
]
STEPS = [
    {"label": EVIL, "state": "done", "href": "/a?b&c"},
    {"label": "here", "state": "current"},
    {"label": "later", "state": "todo"},
]

EVERY = {
    "chip": "{% chip evil 'ok' %}",
    "kbd": "{% kbd evil %}",
    "button": "{% button evil name=evil value=evil key=evil id=evil %}",
    "link": "{% button evil href=evil %}",
    "opener": "{% button evil opens=evil %}",
    "card": "{% card evil id=evil %}{{ evil }}{% endcard %}",
    "card without id": "{% card evil %}{{ evil }}{% endcard %}",
    "notice": "{% notice tone='bad' role=evil %}{{ evil }}{% endnotice %}",
    "tablewrap": "{% tablewrap evil %}{{ evil }}{% endtablewrap %}",
    "timeline": "{% timeline evil %}<li>{{ evil }}</li>{% endtimeline %}",
    "stepper": "{% stepper steps evil %}",
    "empty": "{% empty evil evil evil evil %}",
    "dialog": "{% dialog evil evil %}{{ evil }}{% enddialog %}",
    "progress": "{% progress 1 2 evil %}",
    "calendar": "{% calendar months weekdays legend %}",
    "field": "{% field evil evil evil errors %}{{ evil }}{% endfield %}",
    "tabs": "{% tabs items evil %}",
}


@pytest.mark.parametrize("source", EVERY.values(), ids=EVERY)
def test_nothing_gets_in_unescaped(source: str) -> None:
    text = shown(
        source,
        steps=STEPS,
        months=MONTHS,
        weekdays=[EVIL],
        legend=[{"mark": EVIL, "words": EVIL}],
        errors=[EVIL],
        items=[{"label": EVIL, "href": EVIL}],
    )
    assert "<script" not in text
    assert 'alert("1")' not in text
    # Keys are shown one by one: what has a blank in it is taken apart.
    assert "&lt;script&gt;" in text


def test_a_chip_has_a_tone_that_there_is() -> None:
    assert shown("{% chip 'due' %}") == '<span class="desk-chip">due</span>'
    assert shown("{% chip 'late' 'bad' %}") == '<span class="desk-chip desk-chip--bad">late</span>'
    assert shown("{% chip 'none' tone %}", tone=None) == '<span class="desk-chip">none</span>'
    for source in ("{% chip 'x' 'red' %}", "{% notice tone='red' %}{% endnotice %}"):
        with pytest.raises(TemplateSyntaxError, match="red"):
            shown(source)


def test_a_chip_with_too_many_words_breaks_them() -> None:
    assert "desk-chip--long" in shown("{% chip words 'warn' %}", words="字" * (LONG_CHIP + 1))
    assert "desk-chip--long" not in shown("{% chip words %}", words="字" * LONG_CHIP)


def test_a_select_offers_pairs_and_objects_one_of_them_chosen() -> None:
    choices = [(1, EVIL), (2, "two")]
    text = shown("{% options choices 1 %}{% options choices '2' %}", choices=choices)
    assert text.startswith(f'<option value="1" selected>{ESCAPED}</option><option value="2">')
    assert text.endswith('<option value="2" selected>two</option>')
    assert shown("{% options choices missing %}", choices=choices).count("selected") == 0

    @dataclass
    class Choice:
        value: str
        label: str

    one = shown("{% options choices chosen %}", choices=[Choice(EVIL, "x")], chosen=EVIL)
    assert one == f'<option value="{ESCAPED}" selected>x</option>'
    assert shown("{% options missing %}") == ""


def test_a_button_is_a_button_or_a_link() -> None:
    assert shown("{% button 'Send' %}") == '<button class="button" type="submit">Send</button>'
    assert (
        shown("{% button 'Back' 'quiet' href='/x/' small=True %}")
        == '<a class="button button--quiet button--small" href="/x/">Back</a>'
    )
    pressed = shown("{% button 'Delete' kind='danger' name='act' value='delete' key='d x' %}")
    assert 'name="act"' in pressed
    assert 'data-key="d x"' in pressed
    assert pressed.endswith("Delete <kbd>d</kbd></button>")
    assert " disabled" in shown("{% button 'No' disabled=True %}")
    opener = shown("{% button 'More' opens='#more' %}")
    assert 'type="button"' in opener
    assert 'aria-haspopup="dialog"' in opener
    assert 'data-opens="#more"' in opener
    with pytest.raises(TemplateSyntaxError):
        shown("{% button 'x' kind='blue' %}")


def test_a_card_is_named_by_its_title() -> None:
    assert shown("{% card 'Facts' id='facts' level=3 %}<p>x</p>{% endcard %}") == (
        '<section class="desk-card" id="facts" aria-labelledby="facts-title">'
        '<h3 id="facts-title">Facts</h3><p>x</p></section>'
    )
    assert 'aria-label="Facts"' in shown("{% card 'Facts' %}{% endcard %}")
    assert shown("{% card tone='internal' %}x{% endcard %}").startswith(
        '<div class="desk-card desk-card--internal">'
    )


def test_a_wide_table_can_be_scrolled_by_keyboard() -> None:
    assert shown("{% tablewrap 'Tickets' %}<table></table>{% endtablewrap %}") == (
        '<div class="desk-table-wrap" role="region" aria-label="Tickets" tabindex="0">'
        "<table></table></div>"
    )


def test_steps_say_where_one_stands_without_colour() -> None:
    text = shown("{% stepper steps %}", steps=STEPS)
    assert text.count("<li") == 3
    assert text.count('aria-current="step"') == 1
    assert "(done)" in text
    assert "(now)" in text
    assert 'href="/a?b&amp;c"' in text


def test_work_without_a_known_end_has_no_number() -> None:
    known = shown("{% progress 3 12 'Rows read' %}")
    assert 'max="12" value="3"' in known
    assert "3 of 12" in known
    unknown = shown("{% progress None None 'Rows read' %}")
    assert '<progress aria-label="Rows read"></progress>' in unknown
    assert " of " not in unknown


def test_what_waits_is_not_read_out() -> None:
    assert shown("{% skeleton lines=2 %}") == (
        '<div class="desk-skeleton" aria-hidden="true"><span></span><span></span></div>'
    )
    assert "htmx-indicator" in shown("{% skeleton indicator=True %}")


def test_a_field_names_its_help_and_its_errors() -> None:
    text = shown("{% field 'Key' 'key' 'Letters.' errors %}<i></i>{% endfield %}", errors=["No."])
    assert '<label for="key">Key</label>' in text
    assert '<p class="desk-help" id="key-help">Letters.</p>' in text
    assert '<div id="key-errors"><p class="desk-error">No.</p></div>' in text
    assert "errors" not in shown("{% field 'Key' 'key' %}<i></i>{% endfield %}")


def test_a_list_of_one_page_has_no_way_through_pages() -> None:
    request = RequestFactory().get("/", {"q": "x"})
    pages = Paginator(range(30), 10)

    def ways(page: Any) -> str:
        return Template("{% load desk %}{% pager page %}").render(
            RequestContext(request, {"page": page})
        )

    text = ways(pages.page(2))
    assert "?q=x&amp;page=1" in text
    assert "?q=x&amp;page=3" in text
    assert ways(Paginator([1], 10).page(1)).strip() == ""
