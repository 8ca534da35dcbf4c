"""Slips in numbers and lengths of time: one more, one less, another unit, another way to count."""

from __future__ import annotations

from collections.abc import Iterator

from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.domain.escalation import Moment, Side, parse_moment, write_moment
from wenzheng_core.domain.limits import (
    CalendarDays,
    ClockHours,
    Limit,
    SameDay,
    WorkingDays,
    WorkingHours,
    parse_limit,
    write_limit,
)
from wenzheng_core.domain.timelimits import Counting
from wenzheng_core.mutants.places import Data, Place, Slips, at, flipped, named, replaced, tables

_LENGTHS = (
    (("clock", "limit"), "within", "时限"),
    (("clock",), "leaving", "须留出的时间"),
    (("pause",), "at_most", "中止的上限"),
    (("extension",), "at_most", "延期的上限"),
)
_HOUR = 60


def _lengths(data: Data) -> Iterator[tuple[Place, str, Limit]]:
    """Every length of time that the policy sets, with where it stands and what it is."""
    for names, key, word in _LENGTHS:
        for place, table in tables(data, *names):
            if table.get(key):
                owner = at(data, place[:2]) if names == ("clock", "limit") else table
                yield (*place, key), f"{named(owner)}{word}", parse_limit(table[key])
    if within := data.get("routing", {}).get("send_back_within"):
        yield ("routing", "send_back_within"), "退件期限", parse_limit(within)


def _offsets(data: Data) -> Iterator[tuple[Place, str, Moment]]:
    for place, rung in tables(data, "rung"):
        yield (*place, "at"), f"阶梯 {rung['id']} 的时点", parse_moment(rung["at"])


def _nearby(limit: Limit) -> Iterator[Limit]:
    """One more and one less, in the unit in which it is written."""
    for step in (1, -1):
        match limit:
            case WorkingDays(n) if n + step > 0:
                yield WorkingDays(n + step)
            case CalendarDays(n, roll) if n + step > 0:
                yield CalendarDays(n + step, roll)
            case ClockHours(minutes) | WorkingHours(minutes):
                unit = 1 if minutes % _HOUR else _HOUR
                if minutes + step * unit > 0:
                    yield type(limit)(minutes + step * unit)
            case _:
                pass


def _other_units(limit: Limit) -> Iterator[Limit]:
    """The same number in a unit for which it is easily taken."""
    match limit:
        case WorkingDays(n):
            yield CalendarDays(n)
        case CalendarDays(n):
            yield WorkingDays(n)
            yield ClockHours(n * _HOUR)
        case ClockHours(minutes):
            days = minutes // (24 * _HOUR)
            yield WorkingDays(days or 1)
            yield CalendarDays(days or 1)
        case WorkingHours(minutes):
            yield ClockHours(minutes)
        case SameDay():
            yield CalendarDays(1)
            yield WorkingDays(1)
        case _:
            pass


def _lengthened(data: Data, place: Place, what: str, old: Limit, new: Limit) -> Slips:
    shown = write_limit(new)
    yield replaced(data, place, shown, what, write_limit(old), shown)


_NUMBERS = (
    (("gate",), "attempts", "联系几次未果可过", 0),
    (("extension",), "times", "延期次数", 1),
    (("measure",), "digits", "小数位数", 0),
)
_WHOLE = 100
"""Per cent."""


def bounds(data: Data) -> Slips:
    """Every length and every number one more and one less."""
    for place, what, limit in _lengths(data):
        for other in _nearby(limit):
            yield from _lengthened(data, place, what, limit, other)
    for names, key, word, least in _NUMBERS:
        for place, table in tables(data, *names):
            if table.get(key) or (key == "digits" and key in table):
                yield from _counted(data, (*place, key), f"{named(table)}{word}", least)
    if data.get("routing", {}).get("send_back_times") is not None:
        yield from _counted(data, ("routing", "send_back_times"), "退件次数", 0)
    for place, table in tables(data, "measure"):
        if table.get("target"):
            yield from _aimed(data, (*place, "target"), f"{named(table)}目标")


def _aimed(data: Data, place: Place, what: str) -> Slips:
    target = at(data, place)
    for step in (1, -1):
        other = float(target) + step
        if 0 <= other <= _WHOLE:
            yield replaced(data, place, f"{other:g}", what, target, f"{other:g}")


def _counted(data: Data, place: Place, what: str, least: int) -> Slips:
    number = at(data, place)
    for other in (number + 1, number - 1):
        if other >= least:
            yield replaced(data, place, other, what, str(number), str(other))


def units(data: Data) -> Slips:
    """Every length in another unit: 工作日 for 日, 小时 for 日."""
    for place, what, limit in _lengths(data):
        for other in _other_units(limit):
            yield from _lengthened(data, place, what, limit, other)
    for place, what, moment in _offsets(data):
        if moment.offset is not None:
            for other in _other_units(moment.offset):
                yield from _moved(data, place, what, moment, Moment(moment.side, other))


def rolls(data: Data) -> Slips:
    """A last day that gives way to the next working day for one that does not."""
    for place, what, limit in _lengths(data):
        if isinstance(limit, CalendarDays):
            other = CalendarDays(limit.n, not limit.roll)
            yield from _lengthened(data, place, what, limit, other)


def exchanges(data: Data) -> Slips:
    """The limits of two rows of one clock, each in the other's place."""
    for place, clock in tables(data, "clock"):
        rows = [(n, row["within"]) for n, row in enumerate(clock["limit"]) if row.get("within")]
        for one in range(len(rows)):
            for two in range(one + 1, len(rows)):
                (first, this), (second, that) = rows[one], rows[two]
                if parse_limit(this) != parse_limit(that):
                    here = (*place, "limit", first, "within")
                    ids = [clock["limit"][n]["id"] for n in (first, second)]
                    what = f"{named(clock)}规则 {ids[0]} 与 {ids[1]} 的时限互换"
                    slip = replaced(data, here, that, what, this, that)
                    there = (*place, "limit", second, "within")
                    yield slip._replace(data=replaced(slip.data, there, this, "", "", "").data)


def moments(data: Data) -> Slips:
    """Every rung one unit earlier and later, and on the other side of its due instant."""
    for place, what, moment in _offsets(data):
        if moment.offset is None:
            swap = Side.DUE if moment.side is Side.DUE_DAY else Side.DUE_DAY
            yield from _moved(data, place, what, moment, Moment(swap))
            continue
        for other in _nearby(moment.offset):
            yield from _moved(data, place, what, moment, Moment(moment.side, other))
        across = Side.AFTER if moment.side is Side.BEFORE else Side.BEFORE
        yield from _moved(data, place, what, moment, Moment(across, moment.offset))


def _moved(data: Data, place: Place, what: str, old: Moment, new: Moment) -> Slips:
    shown = write_moment(new)
    try:
        parse_moment(shown)
    except WenzhengError:
        return  # nobody can write it
    yield replaced(data, place, shown, what, write_moment(old), shown)


def softs(data: Data) -> Slips:
    """An aim taken for a limit, or a limit for an aim."""
    for place, row in tables(data, "clock", "limit"):
        if row.get("within"):
            clock = at(data, place[:2])
            what = f"{named(clock)}规则 {row['id']} 为原则性"
            yield flipped(data, (*place, "soft"), what)


def countings(data: Data) -> Slips:
    """Another named rule of counting."""
    now = Counting(data.get("time", {}).get("counting", Counting.INTERNAL))
    for other in Counting:
        if other is not now and any(True for _ in _lengths(data)):
            place = ("time", "counting")
            whole = {"time": {}, **data}
            slip = replaced(whole, place, other.value, "算法", now.label, other.label)
            basis = slip.data["time"].get("basis") or data["basis"]
            yield slip._replace(data={**slip.data, "time": {**slip.data["time"], "basis": basis}})
