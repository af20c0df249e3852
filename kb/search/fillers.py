"""Characters that carry grammar rather than a subject."""

from __future__ import annotations

from typing import Final

# Particles, pronouns, auxiliaries, measure words and the like, of which sentences about
# anything are made. Numerals (几 多 少) and negations (不 没 未 无 别) are not here.
FILLERS: Final = frozenset(
    "的了是我你您他她它们在吗么呢吧啊呀嘛哦噢嗯欸诶咯啦哈呗捏那哪这个就还也都要会能可以有"
    "一上下里和到给把说看去来被让跟很太再又才只从向对为而与及或但如果等请问想着过得地其些"
    "样啥咋且并因所之于自己之边块条次点打弄搞叫行做用怎什何谁"
)


def is_filler(text: str) -> bool:
    """Whether ``text`` is made of such characters only."""
    return all(character in FILLERS for character in text)
