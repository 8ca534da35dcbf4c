"""D13 to D15: limits compared with each other, by the calendar alone and never by their numbers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import attrs

from wenzheng_core.domain.clockrules import ClockRule, TimeLimit
from wenzheng_core.domain.instants import show_instant
from wenzheng_core.domain.limits import Limit, write_limit
from wenzheng_core.domain.milestones import COURSE, Milestone
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.tables import Column, Facts
from wenzheng_core.proofs.reports import Counterexample, Outcome
from wenzheng_core.proofs.subjects import Subject
from wenzheng_core.proofs.sweep import again, counted, counted_for, inputs, order
from wenzheng_core.proofs.table_laws import say, winner


@attrs.frozen
class Pair:
    """Two limits of which the first must never end later, in one cell.

    Attributes:
        what: how the two are called: 「紧要」, 「一般」.
        where: where the first stands.
        soft: one of them is worded as an aim, so that the order is only remarked upon.
    """

    first: Limit
    second: Limit
    what: tuple[str, str]
    where: str
    cell: Facts
    soft: bool = False


def _row(policy: Policy, clock: ClockRule, cell: Facts) -> tuple[str, TimeLimit] | None:
    """The row that decides a cell and where it stands; None where none or several do."""
    name = winner(clock.limits, cell)
    if name is None:
        return None
    c = policy.clocks.index(clock)
    rows = clock.limits.rows
    r = next(index for index, row in enumerate(rows) if row.id == name)
    return f"$.clock[{c}].limit[{r}]", rows[r].value


def _cells(columns: Sequence[Column], clocks: Sequence[ClockRule]) -> Iterator[dict[str, str]]:
    """Every cell of the columns that some row of the clocks looks at."""
    asked = {n for k in clocks for row in k.limits.rows for c in row.conditions for n in c}
    used = [column for column in columns if column.name in asked]
    for values in itertools.product(*(column.values for column in used)):
        yield dict(zip((column.name for column in used), values, strict=True))


def _compare(
    subject: Subject,
    pairs: Sequence[Pair],
    mend: str,
    absent: str,
    later: Callable[[Pair], tuple[int, datetime | None, int, int]],
    tell: Callable[[Pair, datetime], str],
) -> Outcome:
    """Every distinct pair over every start; soft ones are counted and no more."""
    if not pairs:
        return Outcome(absent=absent)
    distinct: dict[tuple[Limit, Limit, bool, tuple[str, str]], list[Pair]] = {}
    for pair in pairs:
        distinct.setdefault((pair.first, pair.second, pair.soft, pair.what), []).append(pair)
    failures, remarked, checked, beyond = [], 0, 0, 0
    for alike in distinct.values():
        pair = alike[0]
        number, at, seen, left_out = later(pair)
        checked += seen
        beyond += left_out
        if at is None:
            continue
        if pair.soft:
            remarked += 1
            continue
        cell = say(subject.policy.columns, {k: (v,) for k, v in pair.cell.items()})
        failures.append(
            Counterexample(
                text=f"{cell}时,{tell(pair, at)}",
                where=pair.where,
                mend=mend,
                inputs=inputs(pair.first, at)
                | {"相比的时限": write_limit(pair.second)}
                | dict(pair.cell),
                count=number * len(alike),
            )
        )
    more = f";一般要求的时限有{remarked}处次序颠倒,只作提示" if remarked else ""
    return Outcome(
        checked=checked,
        domain=(
            f"{len(distinct)}对时限 × {len(subject.days):,}日 × {len(subject.moments)}类时刻"
            f"(其中{beyond:,}次尚为暂定,不比){more}"
        ),
        failures=tuple(failures),
    )


def _later(subject: Subject, pair: Pair) -> tuple[int, datetime | None, int, int]:
    found = order(counted_for(subject, pair.first), counted_for(subject, pair.second))
    return found.later, found.first_later, found.earlier + found.same + found.later, found.beyond


def _tell(subject: Subject, pair: Pair, at: datetime) -> str:
    one, other = (again(subject, limit, at) for limit in (pair.first, pair.second))
    return (
        f"{show_instant(at)} 起算:{pair.what[0]}(「{write_limit(pair.first)}」)到期为{one},"
        f"晚于{pair.what[1]}(「{write_limit(pair.second)}」)的{other}"
    )


# --- D13 -----------------------------------------------------------------------------------------


def check_severity(subject: Subject) -> Outcome:
    """D13: of two cases that differ in severity alone, the more severe is never due later."""
    policy = subject.policy
    ranked = [column for column in policy.columns if column.severity]
    if not ranked:
        return Outcome(absent="没有栏目写明轻重次序(severity)")
    found = [
        pair
        for clock, column in itertools.product(policy.clocks, ranked)
        for pair in _by_severity(policy, clock, column)
    ]
    pairs = [pair for pair in found if isinstance(pair, Pair)]
    failures = [pair for pair in found if isinstance(pair, Counterexample)]
    mend = "把较重一档的时限改短;不同单位的时限不能只比数字"
    absent = "" if failures else "没有起算相同而只有轻重不同的两项时限"
    outcome = _compare(
        subject,
        pairs,
        mend,
        absent,
        lambda pair: _later(subject, pair),
        lambda pair, at: _tell(subject, pair, at),
    )
    return attrs.evolve(outcome, failures=(*outcome.failures, *failures))


def _by_severity(
    policy: Policy, clock: ClockRule, column: Column
) -> Iterator[Pair | Counterexample]:
    others = [c for c in policy.columns if c.name != column.name]
    asked = {n for row in clock.limits.rows for c in row.conditions for n in c}
    if column.name not in asked:
        return
    for rest in _cells(others, [clock]):
        for more, less in itertools.combinations(column.severity, 2):
            one, other = (_row(policy, clock, rest | {column.name: v}) for v in (more, less))
            if one is None or other is None or one == other:
                continue
            (where, severe), (_, mild) = one, other
            if clock.starts_in(severe) is not clock.starts_in(mild):
                continue
            if severe.within and mild.within:
                what = f"较重的「{more}」", f"较轻的「{less}」"
                yield Pair(severe.within, mild.within, what, where, rest, severe.soft or mild.soft)
            elif mild.within and severe.promise is None:
                cell = say(policy.columns, {k: (v,) for k, v in rest.items()})
                yield Counterexample(
                    text=(
                        f"时限「{clock.title}」:{cell}时,较重的「{more}」没有期限,"
                        f"较轻的「{less}」却有「{write_limit(mild.within)}」"
                    ),
                    where=where,
                    mend="给较重的一档写 within,或从 severity 中去掉它",
                )


# --- D14 -----------------------------------------------------------------------------------------


def check_stages(subject: Subject) -> Outcome:
    """D14: of two clocks with one start, that of the earlier step never ends later."""
    policy = subject.policy
    pairs: list[Pair] = []
    for one, other in itertools.permutations(policy.clocks, 2):
        if one.per_unit is other.per_unit:
            pairs += list(_stage_pairs(policy, one, other))
    return _compare(
        subject,
        pairs,
        "把前一步的时限改短,或把后一步的改长",
        "没有起算相同而先后有序的两项时限",
        lambda pair: _later(subject, pair),
        lambda pair, at: _tell(subject, pair, at),
    )


def _stage_pairs(policy: Policy, one: ClockRule, other: ClockRule) -> Iterator[Pair]:
    for cell in _cells(policy.columns, [one, other]):
        first, second = _row(policy, one, cell), _row(policy, other, cell)
        if first is None or second is None:
            continue
        (where, a), (_, b) = first, second
        alike = one.starts_in(a) is other.starts_in(b)
        ordered = _precedes(one.stops_in(a), other.stops_in(b))
        if alike and ordered and a.within and b.within:
            what = f"先到的「{one.title}」", f"后到的「{other.title}」"
            yield Pair(a.within, b.within, what, where, cell, a.soft or b.soft)


def _precedes(one: Milestone, other: Milestone) -> bool:
    if one in COURSE and other in COURSE:
        return COURSE.index(one) < COURSE.index(other)
    return (one, other) == (Milestone.FIRST_ACTION, Milestone.RESOLVED)


# --- D15 -----------------------------------------------------------------------------------------


def check_baseline(subject: Subject) -> Outcome:
    """D15: nothing is due later than by the policy of the level above."""
    policy, base = subject.policy, subject.baseline
    if base is None and not policy.baseline:
        return Outcome(absent="没有声明上级规定(baseline)")
    if base is None:
        text = f"声明了上级规定「{policy.baseline}」,检验时却没有拿到它,无从比较"
        failure = Counterexample(
            text=text, where="$.baseline", mend="安装该规定的插件,或删去这一项"
        )
        return Outcome(failures=(failure,))
    calendar, moments = subject.rules.calendar, subject.moments
    pairs = [
        p
        for a, b in itertools.product(policy.clocks, base.clocks)
        for p in _under(policy, a, base, b)
    ]

    def later(pair: Pair) -> tuple[int, datetime | None, int, int]:
        theirs = counted(pair.second, base.time, calendar, moments, subject.count)
        found = order(counted_for(subject, pair.first), theirs)
        return (
            found.later,
            found.first_later,
            found.earlier + found.same + found.later,
            found.beyond,
        )

    def tell(pair: Pair, at: datetime) -> str:
        above = again(attrs.evolve(subject, policy=base), pair.second, at)
        return (
            f"{show_instant(at)} 起算:{pair.what[0]}(「{write_limit(pair.first)}」)到期为"
            f"{again(subject, pair.first, at)},晚于{pair.what[1]}"
            f"(「{write_limit(pair.second)}」)的{above}"
        )

    absent = f"与上级规定「{base.title}」没有起止相同的时限"
    return _compare(subject, pairs, "不得长于上级规定的时限", absent, later, tell)


def _under(policy: Policy, one: ClockRule, base: Policy, other: ClockRule) -> Iterator[Pair]:
    """The pairs of rows that one case may fall under; a column of one name means one fact."""
    own = {column.name: column for column in policy.columns}
    strange = tuple(c for c in base.columns if own.get(c.name) is None)
    for cell in _cells((*policy.columns, *strange), [one, other]):
        first, second = _row(policy, one, cell), _row(base, other, cell)
        if first is None or second is None:
            continue
        (where, a), (_, b) = first, second
        same = one.starts_in(a) is other.starts_in(b) and one.stops_in(a) is other.stops_in(b)
        if same and a.within and b.within:
            what = f"本办法的「{one.title}」", f"上级规定的「{other.title}」"
            yield Pair(a.within, b.within, what, where, cell, a.soft)
