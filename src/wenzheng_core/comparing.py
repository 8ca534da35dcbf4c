"""The same message under another policy: what each of its clocks would be due, side by side.

Pure. Every clock is counted as if its start event came at one instant, so that what differs is the
rules alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import attrs

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.domain.clockrules import ClockRule, TimeLimit
from wenzheng_core.domain.errors import OutsideCalendarError, RefusedError
from wenzheng_core.domain.policies import Policy, PolicyVersions
from wenzheng_core.domain.tables import Row
from wenzheng_core.domain.timelimits import Deadline, deadline, latest_before


@attrs.frozen(kw_only=True)
class Compared:
    """One row of one clock that may hold for the message.

    Attributes:
        main: whether the clock is the policy's main one.
        alone: whether no other row of the clock may hold: the facts suffice.
        ends: its deadline; None where there is no limit, or where it cannot be counted (``why``).
        cut_by: the clock inside which it was cut to end, "" if it was not.
    """

    policy: Policy
    clock: ClockRule
    row: Row[TimeLimit]
    main: bool
    alone: bool
    ends: Deadline | None
    why: str = ""
    cut_by: str = ""


def version_at(versions: PolicyVersions, at: datetime) -> tuple[Policy, bool]:
    """The version in force at an instant, or the first one where none is yet; and which it is."""
    try:
        return versions.in_force(at), True
    except RefusedError:
        return versions.versions[0], False


def usable_facts(policy: Policy, facts: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The facts that the policy can tell apart, with its defaults, and the names of the others."""
    known, unknown = {c.name: c.default for c in policy.columns if c.default is not None}, []
    columns = {column.name: column for column in policy.columns}
    for name, word in facts.items():
        try:
            known[name] = columns[name].canonical(word)
        except (KeyError, RefusedError):
            unknown.append(name)
    return known, unknown


def known_values(policies: Iterable[Policy], name: str) -> tuple[str, ...]:
    """Every value of a column that some policy has, other words for it included; () if none has it."""
    columns = (column for policy in policies for column in policy.columns if column.name == name)
    words = (word for column in columns for word in (*column.values, *column.aliases))
    return tuple(dict.fromkeys(words))


def compared(
    policy: Policy, facts: Mapping[str, str], start: datetime, calendar: Calendar
) -> Iterator[Compared]:
    """Every row of every clock that may hold for the facts, in the order of the policy.

    A unit's limit that must end inside another clock is cut where that clock is certain.
    """
    found = list(_counted(policy, facts, start, calendar))
    outer = {x.clock.id: x.ends for x in found if x.alone and x.ends}
    for row in found:
        ends = outer.get(row.clock.inside)
        latest = latest_before(ends.due, row.clock.leaving, calendar, policy.time) if ends else None
        if row.ends is None or latest is None or not start < latest < row.ends.due:
            yield row
        else:
            yield attrs.evolve(row, ends=row.ends.cut(latest), cut_by=row.clock.inside)


def _counted(
    policy: Policy, facts: Mapping[str, str], start: datetime, calendar: Calendar
) -> Iterator[Compared]:
    known, _ = usable_facts(policy, facts)
    given = ({name: frozenset({value}) for name, value in known.items()},)
    for clock in policy.clocks:
        rows = clock.limits.winners_with(given)
        for row in rows:
            ends, why = _ends(row.value, start, calendar, policy)
            yield Compared(
                policy=policy,
                clock=clock,
                row=row,
                main=clock.id == policy.main_clock,
                alone=len(rows) == 1,
                ends=ends,
                why=why,
            )


def _ends(
    row: TimeLimit, start: datetime, calendar: Calendar, policy: Policy
) -> tuple[Deadline | None, str]:
    if row.promise is not None:
        return None, row.promise.label
    if row.within is None:
        return None, row.no_limit
    try:
        return deadline(row.within, start, calendar, policy.time), ""
    except OutsideCalendarError as error:
        return None, str(error)
