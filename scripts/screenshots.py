"""Takes the pictures of the documentation anew: ``make screenshots`` (needs chromium).

Starts a desk of its own with the demo's history, logs in as each role, does what the picture is to
show, in both languages, and writes docs/images/en and docs/images/zh. ``screenshots.py queue day``
takes these only.
"""
# ruff: noqa: T201 - a command that speaks to a person and starts a desk

from __future__ import annotations

import io
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, Response, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
CHROMIUM = os.environ.get("KLINGDESK_CHROMIUM", "/usr/bin/chromium")
PASSWORD = "only-for-pictures-1"  # noqa: S105 - of a desk that is gone afterwards
TICKETS = "300"
START_SECONDS = 300
MOST_BYTES = 200_000
COLOURS = (256, 128, 64, 32)
LANGUAGES = {"en": "en-US", "zh": "zh-CN"}
UTTERANCE = "做一个视频扣了我两次点数"
CAPTURED = {
    "demand": "退回多扣的灵感值",
    "extra.times_charged": "2",
    "extra.charged_at": "今天上午十点左右",
    "extra.work": "一只猫在草地上跑",
}
ACCOUNTS = iter(range(6_600_112_233, 6_600_113_000))


@dataclass(frozen=True, slots=True)
class Shot:
    """``prepare`` brings a page of ``who`` to what is to be seen."""

    who: str
    prepare: Callable[[Page], None]
    width: int = 1440
    height: int = 900
    dark: bool = False


def main(wanted: list[str]) -> int:
    shots = {name: shot for name, shot in SHOTS.items() if not wanted or name in wanted}
    if unknown := set(wanted) - SHOTS.keys():
        print(f"no such picture: {', '.join(sorted(unknown))}; there are {', '.join(SHOTS)}")
        return 1
    with running_desk() as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for language, locale in LANGUAGES.items():
            for name, shot in shots.items():
                size = take(browser, address, locale, shot, IMAGES / language / f"{name}.png")
                print(f"docs/images/{language}/{name}.png  {size // 1000} kB", flush=True)
        browser.close()
    return 0


# --- a desk and its people ------------------------------------------------------------------------


@contextmanager
def running_desk() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="klingdesk-pictures-") as folder:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("KLINGDESK_")}
        process = subprocess.Popen(
            [sys.executable, "scripts/desk.py", "up"],
            cwd=ROOT,
            env={
                **{k: v for k, v in kept.items() if k not in ("DATABASE_URL", "CELERY_BROKER_URL")},
                "PORT": str(port),
                "KLINGDESK_DATA": f"{folder}/desk",
                "KLINGDESK_DEMO_PASSWORD": PASSWORD,
                "KLINGDESK_DEMO_TICKETS": TICKETS,
                "KLINGDESK_SESSIONS_PER_PERSON": "100",
            },
            stdout=sys.stderr,
            start_new_session=True,
        )
        try:
            wait_until_ready(f"http://127.0.0.1:{port}/readyz", process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=90)


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own address
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.5)
    raise SystemExit("the desk did not start")


def take(browser: Browser, address: str, locale: str, shot: Shot, path: Path) -> int:
    refused: list[Response] = []
    context = browser.new_context(
        base_url=address,
        viewport={"width": shot.width, "height": shot.height},
        color_scheme="dark" if shot.dark else "light",
        locale=locale,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.on("response", lambda answer: refused.append(answer) if answer.status >= 400 else None)
    page.goto("/admin/login/")
    page.fill("input[name=username]", shot.who)
    page.fill("input[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_url(re.compile(r"/admin/(?!login)"))
    unwanted = page.locator("#desk-tour-offer button[value=seen]")
    if unwanted.count():
        with page.expect_response(lambda answer: answer.url.endswith("/tour/answer/")):
            unwanted.click()
    shot.prepare(page)
    page.wait_for_timeout(400)
    if refused:
        raise SystemExit(f"{path.name}: {refused[0].status} from {refused[0].url}")
    path.parent.mkdir(parents=True, exist_ok=True)
    size = keep_small(page.screenshot(), path)
    context.close()
    return size


def keep_small(picture: bytes, path: Path) -> int:
    """As a palette of as many colours as fit into the size that a picture may have."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    for colours in COLOURS:
        image.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            break
    return path.stat().st_size


# --- what the pictures show -----------------------------------------------------------------------


def goes_to(address: str) -> Callable[[Page], None]:
    def prepare(page: Page) -> None:
        page.goto(address)

    return prepare


def console(page: Page) -> None:
    page.goto("/admin/console/")
    page.fill("#q", UTTERANCE)
    page.wait_for_selector(".console-results .console-result")
    page.click(".console-results .console-result >> nth=0")
    page.wait_for_selector("#script-main")


def flow(page: Page) -> None:
    console(page)
    page.click(".console-begin button.console-big")
    page.wait_for_selector("#contact[data-stage=step]")


def hand_over(page: Page) -> None:
    """The user had one page open only, so nothing that they could try would help."""
    flow(page)
    page.locator(".console-choice").nth(2).click()
    page.wait_for_selector("form[data-capture]")
    for name, text in CAPTURED.items():
        page.fill(f"[name='{name}']", text)
    page.fill("[name=account_id]", str(next(ACCOUNTS)))
    page.check("[name=contact_channel][value=call_back]")
    page.fill("[name=contact_value]", "13800138000")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#ticket-number")
    page.evaluate("scrollTo(0, 0)")


def ticket(page: Page) -> None:
    steps = page.request.get("/admin/help/advisor/tour/").json()["steps"]
    page.goto(next(step["url"] for step in steps if "/ticket/" in step["url"]))


def palette(page: Page) -> None:
    page.goto("/admin/reports/sla/")
    page.keyboard.press("Control+k")
    page.wait_for_selector("dialog[open] input")
    page.locator("dialog[open] input").first.fill("rili")
    page.wait_for_timeout(1200)


def tour(page: Page) -> None:
    page.goto("/admin/help/")
    page.click(".help-lead [data-tour-start]")
    page.wait_for_selector(".desk-tour-target")


SHOTS = {
    "console": Shot("agent", console),
    "flow": Shot("agent", flow),
    "hand-over": Shot("agent", hand_over, height=1000),
    "ticket": Shot("advisor", ticket, height=1000),
    "queue": Shot("advisor", goes_to("/admin/queue/?view=open")),
    "day": Shot("advisor", goes_to("/admin/day/")),
    "reports": Shot("manager", goes_to("/admin/reports/sla/"), height=1000),
    "room": Shot("editor", goes_to("/admin/kb-room/"), height=640),
    "palette": Shot("manager", palette, height=640),
    "help": Shot("agent", goes_to("/admin/help/")),
    "tour": Shot("advisor", tour, height=640),
    "mobile-dark": Shot("agent", console, width=390, height=844, dark=True),
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
