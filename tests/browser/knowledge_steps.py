"""What editors and agents do again and again, with the mouse and the keyboard they have."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from tests.browser.waiting import until

CONSOLE = "/admin/console/"
LIST = "/admin/kb/standardquestion/"


def type_in(page: Any, **fields: str) -> None:
    """Fill the form of a standard question, by the names of its fields."""
    for name, value in fields.items():
        field = page.locator(f"#question-form [name={name}]:not([type=hidden])")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def press(page: Any, step: str) -> None:
    """Press the button of a step, in the bar below the form; wait for the page it leads to."""
    button = page.locator(f".question-bar button[name=step][value={step}]")
    folded = page.locator(".question-bar details", has=button)
    if folded.count() and folded.get_attribute("open") is None:
        folded.locator("summary").click()
    with page.expect_navigation():
        button.click()


def told(page: Any) -> str:
    """The desk's message about what was just done."""
    return str(page.inner_text(".messagelist"))


def publish(page: Any, reason: str, *, step: str = "publish") -> None:
    type_in(page, reason=reason)
    press(page, step)
    assert page.locator(".messagelist .success").count() == 1, page.inner_text("#content")


def new_question(page: Any, *, step: str = "publish", **fields: str) -> str:
    """Write and publish a standard question; gives the address of its form, which is open then."""
    page.goto(f"{LIST}add/")
    type_in(page, **{"category": "usage", **fields})
    publish(page, "新增", step=step)
    return str(page.url)


def open_from_list(page: Any, title: str) -> None:
    """From the editors' list to the form, by its search."""
    page.goto(LIST)
    page.fill("#searchbar", title)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "q=" in address)
    page.click(f"#result_list a:has-text('{title}')")
    page.wait_for_selector("#question-form")


def open_found(page: Any, words: str, title: str) -> None:
    """As an agent: search until the question is found, and open it."""
    hit = page.locator(".console-result", has_text=title)

    def is_found() -> bool:
        page.goto(f"{CONSOLE}?q={quote(words)}")
        return hit.count() > 0

    until(page, is_found, f"“{words}” finds “{title}”")
    hit.first.click()
    page.wait_for_selector("#panel #script-main")


def search(page: Any, words: str) -> None:
    """As an agent: type into an empty search and wait for what is found for just these words."""
    page.goto(CONSOLE)
    page.locator("#q").press_sequentially(words, delay=5)
    page.wait_for_selector(f'#found [data-typed="{words}"]')


def logged(page: Any) -> Any:
    """Context: wait until the desk has kept the search that happens inside."""
    return page.expect_response(lambda answer: answer.url.endswith("/console-searches/"))


def press_key(page: Any, key: str) -> None:
    """Press a key that leads to another page, and wait for it."""
    with page.expect_navigation():
        page.keyboard.press(key)


def tab_to(page: Any, selector: str, *, back: bool = False) -> None:
    """Reach an element by the tabulator alone."""
    for _press in range(150):
        page.keyboard.press("Shift+Tab" if back else "Tab")
        if page.evaluate("where => document.activeElement.matches(where)", selector):
            return
    raise AssertionError(f"the tabulator does not reach {selector}")
