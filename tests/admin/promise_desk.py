"""What the tests of the promise's pages share: a browser, a notice made up for 2027, confirming."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.test import Client

SHANGHAI = ZoneInfo("Asia/Shanghai")
DECEMBER = datetime(2026, 12, 28, 10, tzinfo=SHANGHAI)
"""When the next year is not known yet."""

DAY = "/admin/calendar/2026-03-06/"
NOTICE = "/admin/calendar/notice/"
REST = {"what": "off", "reason": "moving house"}

# No real one: dates are chosen so that weekdays, numbers of days and make-up days agree.
NOTICE_2027 = """关于2027年部分节假日安排的通知
一、元旦：2026年12月31日（周四）至2027年1月2日（周六）放假调休，共3天。2027年1月3日（周日）上班。
二、春节：2月5日（周五）至11日（周四）放假调休，共7天。1月31日（周日）、2月20日（周六）上班。
三、清明节：4月3日（周六）至5日（周一）放假，共3天。
四、劳动节：5月1日（周六）至5日（周三）放假调休，共5天。4月25日（周日）、5月8日（周六）上班。
五、端午节：6月9日（周三）放假1天，不调休。
六、中秋节：9月15日（周三）放假1天，不调休。
七、国庆节：10月1日（周五）至7日（周四）放假调休，共7天。9月26日（周日）、10月9日（周六）上班。
"""


def browser(user: Any) -> Client:
    """A logged-in browser that reads English."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def confirm(client: Client, url: str, data: dict[str, Any]) -> Any:
    """Look at the effect, then confirm it; the answer to the confirmation."""
    looked = client.post(url, {**data, "look": "1"})
    assert looked.status_code == 200, looked.content.decode()
    shown = looked.context["effect"].shown
    return client.post(url, {**data, "confirm": "1", "shown": shown})


def notice(**changes: Any) -> dict[str, Any]:
    """What the form of the notice sends."""
    values = {
        "year": "2027",
        "source": "gov.cn",
        "text": NOTICE_2027,
        "corrections": "keep",
        "reason": "notice is out",
    }
    return {**values, **changes}


def cells(response: Any) -> dict[date, Any]:
    """The days of a year's page."""
    return {
        cell.date: cell
        for month in response.context["months"]
        for week in month.weeks
        for cell in week
        if cell is not None
    }
