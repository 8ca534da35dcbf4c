"""Slips in times of day and days: a cut-off, the close of business, a campaign, a schedule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import attrs

from wenzheng_core.domain.cadences import (
    Cadence,
    Daily,
    Duty,
    Monthly,
    Weekly,
    Yearly,
    parse_cadence,
    write_cadence,
)
from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.mutants.places import (
    Data,
    Place,
    Slips,
    at,
    dropped,
    flipped,
    named,
    replaced,
    tables,
)

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_WEEK, _MONTH_DAYS, _SHORTEST, _MONTHS = 7, 31, 28, 12


def cutoffs(data: Data) -> Slips:
    """The cut-off, the close of business and the office hours one minute earlier and later."""
    rules = data.get("time", {})
    for key, word in (("cutoff", "收件截止钟点"), ("day_end", "到期日止于")):
        if rules.get(key):
            yield from _shifted(data, ("time", key), word, _MINUTE)
            yield dropped(data, ("time", key), word)
    for pair in range(len(rules.get("office_hours", ()))):
        for side in (0, 1):
            yield from _shifted(data, ("time", "office_hours", pair, side), "办公时间", _MINUTE)


def campaigns(data: Data) -> Slips:
    """A campaign's days one earlier and later, or open; its tag left out."""
    for place, campaign in tables(data, "campaign"):
        for key, word in (("from", "起日"), ("through", "止日")):
            day = campaign.get(key)
            if day:
                for other in (day + _DAY, day - _DAY):
                    what = f"专项{named(campaign)}{word}"
                    yield replaced(data, (*place, key), other, what, f"{day}", f"{other}")
                yield dropped(data, (*place, key), f"专项{named(campaign)}的{word}")
        if campaign.get("tag"):
            yield dropped(data, (*place, "tag"), f"专项{named(campaign)}的标签")


def schedules(data: Data) -> Slips:
    """The times of a schedule earlier and later, the next day, the other way of rolling."""
    for place, table in tables(data, "schedule"):
        what = f"日程 {table['id']} 的"
        for key, word in (("closes", "截止"), ("handed_over", "交办钟点")):
            if table.get(key):
                yield from _shifted(data, (*place, key), what + word, _MINUTE)
                yield dropped(data, (*place, key), what + word)
        if table.get("closes"):
            yield flipped(data, (*place, "closes_inclusive"), f"{what}截止含此刻")
        now = parse_cadence(table["every"])
        for other in _cadences(now):
            try:
                shown = write_cadence(other)
                parse_cadence(shown)
            except WenzhengError:
                continue
            if shown != write_cadence(now):
                here = (*place, "every")
                yield replaced(data, here, shown, f"{what}周期", write_cadence(now), shown)


def _cadences(cadence: Cadence) -> Iterator[Cadence]:
    """Cadences for which it is easily taken."""
    match cadence:
        case Daily():
            yield from _dailies(cadence)
        case Duty(times_per_day):
            for count in (times_per_day + 1, times_per_day - 1):
                if count > 0:
                    yield attrs.evolve(cadence, times_per_day=count)
        case Weekly() | Monthly() | Yearly():
            yield from _next_day(cadence)
            yield from (attrs.evolve(cadence, at=other) for other in _clocks(cadence.at, _HOUR))
        case _:
            pass


def _dailies(cadence: Daily) -> Iterator[Cadence]:
    times = cadence.times
    for index, clock in enumerate(times):
        for other in _clocks(clock, _HOUR):
            moved = {*times[:index], other, *times[index + 1 :]}
            yield attrs.evolve(cadence, times=tuple(sorted(moved)))
    if len(times) > 1:
        yield attrs.evolve(cadence, times=times[:-1])
    yield attrs.evolve(cadence, working_days_only=not cadence.working_days_only)


def _next_day(cadence: Cadence) -> Iterator[Cadence]:
    match cadence:
        case Weekly(weekday):
            yield attrs.evolve(cadence, weekday=(weekday + 1) % _WEEK)
        case Monthly(day, _, roll):
            yield attrs.evolve(cadence, day=day % _MONTH_DAYS + 1)
            yield attrs.evolve(cadence, roll=not roll)
        case Yearly(month, day):
            yield attrs.evolve(cadence, month=month % _MONTHS + 1, day=min(day, _SHORTEST))
            yield attrs.evolve(cadence, day=day - 1 if day > 1 else day + 1)
        case _:
            pass


def _shifted(data: Data, place: Place, what: str, step: timedelta) -> Slips:
    clock = at(data, place)
    for other in _clocks(clock, step):
        yield replaced(data, place, other, what, f"{clock:%H:%M}", f"{other:%H:%M}")


def _clocks(clock: time, step: timedelta) -> Iterator[time]:
    """The time of day a step later and earlier, on the same day."""
    noon = datetime.combine(date(2000, 1, 1), clock)
    for other in (noon + step, noon - step):
        if other.date() == noon.date():
            yield other.time()
