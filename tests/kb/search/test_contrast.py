"""Near-duplicates: deciding words decide, and the agent is asked when there are none."""

from __future__ import annotations

from kb.search.index import Contrast, Document, SearchIndex, SearchResult
from kb.search.synonyms import Synonyms

SYNONYMS = Synonyms.from_groups([("重新登录", ["重登", "退出再登"]), ("水印", ["logo"])])
QUESTIONS = (
    Document(
        "again",
        "重新登录后仍有水印",
        ("重登了好几遍水印还在", "退出再登也去不掉水印"),
        contrast=Contrast("mark", "已经重新登录过"),
    ),
    Document(
        "first",
        "充了会员仍有水印",
        ("付了钱水印还在", "买了会员去不掉水印"),
        contrast=Contrast("mark", "还没重新登录过"),
    ),
    Document("price", "会员多少钱", ("会员价格",)),
)
INDEX = SearchIndex.build(QUESTIONS, SYNONYMS)


def labels(result: SearchResult) -> list[str]:
    return [choice.label for choice in result.choices]


def test_words_that_cannot_tell_leave_the_choice_to_the_agent() -> None:
    result = INDEX.search("水印还在")
    assert {hit.key for hit in result.hits[:2]} == {"again", "first"}
    assert [choice.key for choice in result.choices] == [hit.key for hit in result.hits[:2]]
    assert sorted(labels(result)) == ["已经重新登录过", "还没重新登录过"]


def test_deciding_words_decide() -> None:
    for query, key in (("重登过水印还在", "again"), ("充了会员水印还在", "first")):
        result = INDEX.search(query)
        assert result.hits[0].key == key
        assert result.choices == ()


def test_a_negated_deciding_word_is_taken_for_its_opposite() -> None:
    assert INDEX.search("重登过水印还在").hits[0].key == "again"
    for query in ("没重登过水印还在", "没有重登水印还在", "未重登水印还在"):
        assert INDEX.search(query).hits[0].key == "first", query
    assert INDEX.search("有没有重登水印还在").hits[0].key == "again"


def test_the_very_words_of_a_text_need_no_choice() -> None:
    result = INDEX.search("重新登录后仍有水印")
    assert result.hits[0].score == 1
    assert result.choices == ()


def test_other_questions_and_single_members_offer_no_choice() -> None:
    assert INDEX.search("会员价格多少").choices == ()
    alone = SearchIndex.build([QUESTIONS[0], QUESTIONS[2]], SYNONYMS)
    assert alone.search("水印还在").choices == ()
    assert INDEX.search("水印还在", without={"again"}).choices == ()


def test_a_limit_cuts_hits_and_not_choices() -> None:
    assert INDEX.search("水印还在", limit=1).choices == INDEX.search("水印还在").choices
