"""Why a clock of a case is due when it is: the rule that won, the days that counted, the article.

Derived again from what the clock kept (its facts, start, pauses, extensions, limit); where the
calendar has changed since, the answer says whether the day would now be another one.
"""

from __future__ import annotations

import attrs

from wenzheng_core.domain.cases import Clock
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.explanations import Explanation, explain
from wenzheng_core.domain.limits import write_limit
from wenzheng_core.domain.tables import Candidate
from wenzheng_core.domain.timelimits import deadline


@attrs.frozen(kw_only=True)
class Reason:
    """The whole reason of one clock.

    Attributes:
        title: the clock's name in the policy.
        candidates: every row with its verdict; empty for a limit that somebody set by hand.
        explanation: the days; None where the text gives no limit.
        agrees: counting again by the calendar at hand gives the stored due instant.
    """

    clock: Clock
    title: str
    candidates: tuple[Candidate, ...]
    explanation: Explanation | None
    agrees: bool

    @property
    def lines(self) -> tuple[str, ...]:
        """The reason in Chinese, a line a step."""
        return tuple(_lines(self))


def reason(clock: Clock, rules: Rules) -> Reason:
    """Why the clock is due when it is. Raises OutsideCalendarError."""
    rule = next((r for r in rules.policy.clocks if r.id == clock.id), None)
    candidates = rules.policy.limit(clock.id, clock.facts).candidates if rule else ()
    title = rules.policy.title_of(clock.id)
    if clock.limit is None:
        return Reason(
            clock=clock, title=title, candidates=candidates, explanation=None, agrees=True
        )
    time = rules.policy.time
    again = deadline(
        clock.limit, clock.started, rules.calendar, time, clock.pauses, clock.extensions
    )
    return Reason(
        clock=clock,
        title=title,
        candidates=candidates,
        explanation=explain(again, rules.calendar, time, clock.pauses, clock.extensions),
        agrees=again.due == clock.due,
    )


def _lines(r: Reason) -> list[str]:
    lines = [f"{r.title}({r.clock.row})依据:{r.clock.basis}"]
    for candidate in r.candidates:
        why = f":{candidate.why}" if candidate.why else ""
        lines.append(f"规则「{candidate.row}」{candidate.verdict.label}{why}")
    if r.clock.limit is None:
        lines.append("原文没有规定时限")
    elif r.clock.soft:
        lines.append(f"{write_limit(r.clock.limit)}为原则性要求:只提醒和统计,不亮红牌")
    if r.explanation is not None:
        lines += r.explanation.lines
    if not r.agrees:
        lines.append("注意:按现有日历重算与记录不符;记录按当时的日历作出")
    return lines
