"""The nearest change of one fact by which a clock would be due at another instant.

Found in the table of the policy: no search, no guess. Nearest is the fact that stands first among the
columns of the policy, and of its values the one that stands nearest to the value that holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import attrs

from wenzheng_core.domain.cases import Clock
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.errors import LimitUseError, OutsideCalendarError, RefusedError
from wenzheng_core.domain.instants import show_due
from wenzheng_core.domain.limits import CommittedDate, Limit
from wenzheng_core.domain.tables import complete
from wenzheng_core.domain.timelimits import deadline


@attrs.frozen(kw_only=True)
class Otherwise:
    """What would be, were one fact another one.

    Attributes:
        column, title: the fact; value: the value that holds, "" if none; other: the one supposed.
        row: the row that would win.
        due: the due instant then, by the clock's own limit; None without a limit.
    """

    column: str
    title: str
    value: str
    other: str
    row: str
    due: datetime | None

    @property
    def text(self) -> str:
        """「若「类别」为「投诉」(现为「咨询」),适用规则「R2」,到期为……」."""
        ends = f"到期为{show_due(self.due)}" if self.due else "没有时限"
        now = f"现为「{self.value}」" if self.value else "现未定"
        return f"若「{self.title}」为「{self.other}」({now}),则适用规则「{self.row}」,{ends}"


def otherwise(clock: Clock, rules: Rules) -> Otherwise | None:
    """The nearest change that changes the due instant; None where none does.

    ``rules`` are those whose table chose the clock's row.
    """
    if isinstance(clock.limit, CommittedDate):  # no fact changes a promise
        return None
    due = clock.cut_from or clock.due
    return next((other for other in _others(clock, rules) if other.due != due), None)


def _others(clock: Clock, rules: Rules) -> Iterator[Otherwise]:
    policy = rules.policy
    rule = next((rule for rule in policy.clocks if rule.id == clock.id), None)
    if rule is None:
        return
    asked = {name for row in rule.limits.rows for c in row.conditions for name in c}
    facts = complete(policy.columns, clock.facts)
    for column in policy.columns:
        if column.name not in asked:
            continue
        value = facts.get(column.name, "")
        place = column.values.index(value) if value else -1
        near = sorted(column.values, key=lambda v: abs(column.values.index(v) - place))
        for other in near:
            if other == value:
                continue
            try:
                choice = policy.limit(clock.id, {**facts, column.name: other})
                due = _due(clock, choice.value.within, rules)
            except (RefusedError, LimitUseError, OutsideCalendarError):
                continue  # another fact is missing, or the clock's extensions do not fit
            if choice.row != clock.row:
                yield Otherwise(
                    column=column.name,
                    title=column.title or column.name,
                    value=value,
                    other=other,
                    row=choice.row,
                    due=due,
                )


def _due(clock: Clock, within: Limit | None, rules: Rules) -> datetime | None:
    if within is None:
        return None
    time, history = rules.policy.time, (clock.pauses, clock.extensions)
    return deadline(within, clock.started, rules.calendar, time, *history).due
