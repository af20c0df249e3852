"""What stands on a page whoever asks for it: ``{% load desk_once %}``."""

from __future__ import annotations

from typing import Any, Final
from weakref import WeakKeyDictionary

from django import template
from django.template import Context, Engine, TemplateSyntaxError
from django.template.base import Node, NodeList, Parser, TextNode, Token
from django.template.defaulttags import CommentNode, LoadNode, URLNode
from django.template.loader_tags import IncludeNode
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.templatetags.static import StaticNode
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()

_SAME_FOR_ALL: Final = (
    *(TextNode, CommentNode, LoadNode),
    *(TranslateNode, BlockTranslateNode, StaticNode, URLNode),
)


class _Nothing(Context):
    """Knows what was said within the block and no more: whatever comes from outside may be
    somebody's own, and would be shown to the next one."""

    def __contains__(self, key: Any) -> bool:
        if not super().__contains__(key):
            raise TemplateSyntaxError(f"{{% once %}} cannot show “{key}”, which may differ.")
        return True

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(key) if key in self else None


class OnceNode(Node):
    """Rendered the first time that it is asked for in a language."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        kept = _kept.setdefault(self, {})
        language = get_language()
        if language not in kept:
            nothing = _Nothing()
            nothing.template, nothing.render_context = context.template, context.render_context
            _refuse_what_differs(self.nodelist, nothing)
            kept[language] = self.nodelist.render(nothing)
        return kept[language]


_kept: WeakKeyDictionary[OnceNode, dict[str | None, SafeString]] = WeakKeyDictionary()


@register.tag
def once(parser: Parser, token: Token) -> OnceNode:
    """``{% once %} … {% endonce %}``: texts, addresses of files and pages, nothing else.

    Most of what a page is made of is its frame, word for word the same for everybody; to put it
    together takes longer than to read what the page is about. ``TemplateSyntaxError`` for what
    could differ: other tags, and values from outside.
    """
    nodelist = parser.parse(("endonce",))
    parser.delete_first_token()
    return OnceNode(nodelist)


def forget() -> None:
    """Render everything anew: the catalogues have changed."""
    _kept.clear()


def _refuse_what_differs(nodelist: NodeList, context: Context) -> None:
    for node in nodelist:
        if isinstance(node, IncludeNode):
            engine: Engine = context.template.engine
            _refuse_what_differs(
                engine.get_template(node.template.resolve(context)).nodelist, context
            )
        elif not isinstance(node, _SAME_FOR_ALL):
            raise TemplateSyntaxError(f"{{% once %}} cannot hold {node!r}, which may differ.")
