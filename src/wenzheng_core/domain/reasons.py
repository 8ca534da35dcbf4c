"""Why a clock of a case is due when it is: the rule that won, the days that counted, the article.

Derived again from what the clock kept (its facts, start, pauses, extensions, limit); where the
calendar has changed since, the answer says whether the day would now be another one.
"""

from __future__ import annotations

import attrs

from wenzheng_core.domain.cases import Clock
from wenzheng_core.domain.clockrules import ClockRule, Promise
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.dues import bounded
from wenzheng_core.domain.explanations import Explanation, explain
from wenzheng_core.domain.instants import show_due
from wenzheng_core.domain.limits import CommittedDate, write_limit
from wenzheng_core.domain.tables import Candidate
from wenzheng_core.domain.timelimits import Deadline, deadline


@attrs.frozen(kw_only=True)
class Reason:
    """The whole reason of one clock.

    Attributes:
        title: the clock's name in the policy.
        candidates: every row with its verdict; empty for a limit that somebody set by hand.
        explanation: the days of the clock's own limit; None where there is none.
        agrees: counting again by the calendar at hand gives the stored due instant, or that from
            which it was cut.
        cut: why it ends before its own limit does; "" if it does not.
        promise: what the unit must promise, where the text sets no number.
    """

    clock: Clock
    title: str
    candidates: tuple[Candidate, ...]
    explanation: Explanation | None
    agrees: bool
    cut: str = ""
    promise: Promise | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """The reason in Chinese, a line a step."""
        return tuple(_lines(self))


def reason(clock: Clock, rules: Rules) -> Reason:
    """Why the clock is due when it is. Raises OutsideCalendarError."""
    rule = next((r for r in rules.policy.clocks if r.id == clock.id), None)
    candidates = rules.policy.limit(clock.id, clock.facts).candidates if rule else ()
    explanation = _explained(clock, rules)
    return Reason(
        clock=clock,
        title=rules.policy.title_of(clock.id),
        candidates=candidates,
        explanation=explanation,
        agrees=explanation is None or _agrees(explanation.deadline, clock),
        cut=_cut(clock, rule, rules) if rule and clock.cut_by else "",
        promise=_promise(clock, rule) if rule else None,
    )


def _explained(clock: Clock, rules: Rules) -> Explanation | None:
    if clock.limit is None:
        return None
    time, history = rules.policy.time, (clock.pauses, clock.extensions)
    again = deadline(clock.limit, clock.started, rules.calendar, time, *history)
    return explain(again, rules.calendar, time, *history)


def _agrees(again: Deadline, clock: Clock) -> bool:
    if clock.cut_from is not None:
        return again.due == clock.cut_from
    return bounded(again, clock.floor, clock.ceiling).due == clock.due


def _bounds(clock: Clock) -> str:
    if clock.ceiling is not None and clock.due == clock.ceiling:
        return f"改按新版办法时定为不迟于{show_due(clock.ceiling)}"
    if clock.floor is not None and clock.due == clock.floor:
        return f"改按新版办法时定为不早于{show_due(clock.floor)}"
    return ""


def _promise(clock: Clock, rule: ClockRule) -> Promise | None:
    return next((row.value.promise for row in rule.limits.rows if row.id == clock.row), None)


def _cut(clock: Clock, rule: ClockRule, rules: Rules) -> str:
    if clock.limit is None or clock.due is None or clock.cut_from is None:
        return ""
    left = f"留出{write_limit(rule.leaving)}" if rule.leaving else "不超出其期限"
    return (
        f"本时限{write_limit(clock.limit)},应于{show_due(clock.cut_from)}到期;"
        f"为给「{rules.policy.title_of(clock.cut_by)}」{left},提前到{show_due(clock.due)}"
    )


def _lines(r: Reason) -> list[str]:
    lines = [f"{r.title}({r.clock.row})依据:{r.clock.basis}"]
    for candidate in r.candidates:
        why = f":{candidate.why}" if candidate.why else ""
        lines.append(f"规则「{candidate.row}」{candidate.verdict.label}{why}")
    if r.promise is not None:
        lines.append(_promised(r.clock, r.promise))
    elif r.clock.limit is None:
        lines.append("原文没有规定时限")
    if r.clock.limit is not None and r.clock.soft:
        lines.append(f"{write_limit(r.clock.limit)}为一般要求:只提醒和统计,不亮红牌")
    if r.explanation is not None:
        lines += r.explanation.lines
    if r.cut:
        lines.append(r.cut)
    if bounds := _bounds(r.clock):
        lines.append(bounds)
    if not r.agrees:
        lines.append("注意:按现有日历重算与记录不符;记录按当时的日历作出")
    return lines


def _promised(clock: Clock, asked: Promise) -> str:
    told = f"原文未定天数,由承办单位承诺{asked.label}"
    if isinstance(clock.limit, CommittedDate):
        return f"{told};已承诺{write_limit(clock.limit)}办结"
    return f"{told};尚未承诺"
