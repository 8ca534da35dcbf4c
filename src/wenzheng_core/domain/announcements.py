"""What the office says on its schedules, in Chinese: listings, bulletins, a duty not done.

Units and numbers only: nothing that a citizen wrote, and nobody's name.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.instants import Period, last_day_before, local, local_day, show_day
from wenzheng_core.domain.listings import Listing
from wenzheng_core.domain.measures import Figures
from wenzheng_core.domain.units import Units


def listing_text(label: str, found: Listing, units: Units, *, ranking: bool = False) -> str:
    """「【群内通报】2017年5月12日12时截:新收3件,今日到期1件,超期0件。未回应:…;未及时办理:…。」."""
    head = (
        f"【{label}】{show_cut(found.window.until)}截:新收{found.new}件,"
        f"今日到期{found.due_today}件,超期{found.overdue}件。"
    )
    unanswered = _counted(((line.unit, line.unanswered) for line in found.units), units)
    late = _counted(((line.unit, line.late) for line in found.units), units)
    text = f"{head}未回应:{unanswered};未及时办理:{late}。"
    places = ((line.place, line.unit) for line in found.units)
    return f"{text}排名:{_placed(places, units)}。" if ranking else text


def bulletin_text(label: str, found: Figures, units: Units, titles: Iterable[str] = ()) -> str:
    """The figures of a period in one paragraph; ``titles`` name the policy's own rates in order."""
    rates = [
        ("回复率", found.reply_rate),
        ("按时回复率", found.on_time_rate),
        ("满意率", found.satisfaction),
        *zip(titles, found.rates.values(), strict=True),
    ]
    places = ((unit.rank, unit.unit) for unit in found.units)
    return (
        f"【{label}】{show_stretch(found.period)}(统计至{show_cut(found.as_of)}):"
        f"收到{found.received}件,已回复{found.replied}件,不予受理{found.declined}件;"
        f"{','.join(f'{name}{rate}' for name, rate in rates)};"
        f"黄牌{found.yellow_cards}张,红牌{found.red_cards}张。排名:{_placed(places, units)}。"
    )


def duty_text(label: str, day: date, due: int, missing: int) -> str:
    """「【登录查看】2011年9月29日(周四)应登录查看4次,已登录3次,缺1次。」."""
    return f"【{label}】{show_day(day)}应登录查看{due}次,已登录{due - missing}次,缺{missing}次。"


def special_text(label: str, case: Case) -> str:
    """「【专题呈报】留言 hongwang/123(2019年9月28日22时收到,现「待初审」)情况重大,请即阅处。」."""
    number = f"{case.message.source}/{case.message.external_id}"
    where = f"{show_cut(case.opened)}收到,现「{case.state.label}」"
    return f"【{label}】留言 {number}({where})情况重大,请即阅处。"


def show_cut(instant: datetime) -> str:
    """An instant as an officer reads it, to the minute: 「2017年5月12日12时」, at midnight 「…24时」."""
    here = local(instant).replace(second=0, microsecond=0)
    hour = f"{here.hour}时{f'{here.minute}分' if here.minute else ''}"
    if here.time() == time(0):
        here, hour = here - timedelta(days=1), "24时"
    return f"{here.year}年{here.month}月{here.day}日{hour}"


def show_stretch(period: Period) -> str:
    """A period as an officer reads it: by days where it begins and ends at midnight, else by cuts."""
    if {local(end).time() for end in (period.first, period.until)} == {time(0)}:
        first, last = local_day(period.first), last_day_before(period.until)
        return "至".join(f"{day.year}年{day.month}月{day.day}日" for day in (first, last))
    return f"{show_cut(period.first)}至{show_cut(period.until)}"


def _counted(counts: Iterable[tuple[str, int]], units: Units) -> str:
    most_first = sorted(((unit, n) for unit, n in counts if n), key=lambda pair: -pair[1])
    return "、".join(f"{units.name(unit)}{n}件" for unit, n in most_first) or "无"


def _placed(places: Iterable[tuple[int, str]], units: Units) -> str:
    """「第1名:市住房局、市城管局;第3名:市公安局」, or 「无」."""
    shared: dict[int, list[str]] = {}
    for place, unit in places:
        shared.setdefault(place, []).append(units.name(unit))
    return ";".join(f"第{place}名:{'、'.join(names)}" for place, names in shared.items()) or "无"
