"""Blocks that are rendered once: what is the same for all is kept, what could differ is refused."""

from __future__ import annotations

from typing import Any

import pytest
from django.template import Context, TemplateSyntaxError, engines
from django.utils import translation

from klingdesk.templatetags import desk_once


def template(source: str) -> Any:
    loads = "{% load desk_once desk_frame i18n static %}"
    return engines["django"].from_string(loads + source).template


def render(source: str, **values: Any) -> str:
    return template(source).render(Context(values)).strip()


def test_texts_and_addresses_are_kept() -> None:
    made = template(
        """{% once %}{# why #}<a href="{% url "admin:queue" %}">{% translate "Queue" %}</a>"""
        """{% static "desk/desk.js" %}{% endonce %}{{ who }}"""
    )
    first = made.render(Context({"who": "li"}))
    assert first == '<a href="/admin/queue/">Queue</a>/static/desk/desk.jsli'
    (block,) = made.nodelist.get_nodes_by_type(desk_once.OnceNode)
    kept = block.render(Context())
    assert block.render(Context()) is kept
    assert made.render(Context({"who": "wang"})).endswith("wang")


def test_each_language_has_its_own(chinese: Any) -> None:
    made = template('{% once %}{% translate "Queue" %}{% endonce %}')
    texts = []
    for language in ("en", "zh-hans", "en"):
        with translation.override(language):
            texts.append(made.render(Context()))
    assert texts == ["Queue", "工单队列", "Queue"]


def test_what_is_said_inside_may_be_used_inside() -> None:
    source = """{% once %}{% url "admin:login" as here %}{% blocktranslate %}to {{ here }}
    {% endblocktranslate %}{% endonce %}"""
    assert render(source) == "to /admin/login/"


def test_it_includes_what_is_the_same_for_all() -> None:
    button = '{% include "desk/frame/palette_open.html" %}'
    assert "palette-open" in render(f"{{% once %}}{button}{{% endonce %}}")


@pytest.mark.parametrize(
    "inside",
    [
        "{{ who }}",
        "{% csrf_token %}",
        "{% if who %}x{% endif %}",
        "{% for each in who %}x{% endfor %}",
        "{% other_languages as languages %}",
        "{% blocktranslate %}{{ who }} is here{% endblocktranslate %}",
        "{% blocktranslate with name=who %}{{ name }} is here{% endblocktranslate %}",
        "{% translate who %}",
        '{% url "admin:help_role" who %}',
        "{% url who %}",
        "{% static who %}",
        '{% include "desk/frame/toasts.html" %}',
        "{% include who %}",
    ],
)
def test_what_may_differ_is_refused(inside: str) -> None:
    with pytest.raises(TemplateSyntaxError, match="may differ"):
        render(f"{{% once %}}{inside}{{% endonce %}}", who="agent")
