"""Moves of the model from the report to the archive: what each comes to, None if forbidden."""

from __future__ import annotations

from wenzheng_core.domain.gates import GateAct, Point
from wenzheng_core.domain.milestones import RETURNABLE, Milestone
from wenzheng_core.domain.workflow import REPLY_READY, State
from wenzheng_core.proofs.course_routing import ended, start, tried
from wenzheng_core.proofs.course_rules import (
    AWAITING,
    ENDED,
    IDLE,
    RUNNING,
    TICKING,
    UNPROMISED,
    Config,
    CourseRules,
    over,
)

UNDONE = RETURNABLE | {Milestone.RESOLVED}
"""What a return for rework undoes."""

OVER = frozenset({ENDED, UNPROMISED})
"""The phases of a clock that has run."""


def report(rules: CourseRules, config: Config) -> Config | None:
    """The lead reports, once what the policy puts before a report is done and promised."""
    if not config.lead or rules.closed(config, Point.REPORT):
        return None
    after = config._replace(paused=0, state=State.REPORTED, calls=0)
    if rules.signs and not after.claimed:
        after = rules.reach(after._replace(claimed=True), Milestone.CLAIMED, unit=True)
    after = rules.begin(after, unit=True)
    if AWAITING in after.clocks:
        return None
    return rules.reach(after, Milestone.REPORTED, unit=True)


def answer_directly(rules: CourseRules, config: Config) -> Config | None:
    """The office puts forward a reply of its own."""
    begun = rules.begin(config._replace(paused=0), unit=False)
    return rules.reach(begun._replace(state=State.REPORTED), Milestone.REPORTED)


def pass_next(rules: CourseRules, config: Config, *, act: GateAct, by: str = "") -> Config | None:
    """Pass the next gate of an act at the point at which the case stands, if it is its turn."""
    point = Point.PUBLISH if config.state in REPLY_READY else Point.ASSIGN
    ahead = ((b, g) for b, g in rules.before[point] if g.act is act and not config.gates & b)
    bit, gate = next(ahead, (0, None))
    if gate is None or by not in ("", gate.by) or not rules.turn(config, bit, gate):
        return None
    passed = config._replace(gates=config.gates | bit)
    if point is Point.ASSIGN:
        return passed
    if act is GateAct.REVIEW:
        return rules.reach(passed._replace(state=State.REVIEWED), Milestone.REVIEWED)
    return rules.reach(passed._replace(state=State.APPROVED), Milestone.APPROVED)


def return_for_rework(rules: CourseRules, config: Config) -> Config | None:
    """Back to the lead, or of a direct answer to the office; what the answer stopped runs on.

    What counts from the answer is as if it had not begun, and the matter is not settled.
    """
    void = tuple(
        IDLE if line.starts in RETURNABLE else clock
        for clock, line in zip(config.clocks, rules.cell.lines, strict=True)
    )
    going = rules.unpaused(config._replace(clocks=void))
    clocks = tuple(
        (AWAITING if clock == UNPROMISED else RUNNING)
        if clock in OVER and line.stops in UNDONE and (config.lead or not line.per_unit)
        else clock
        for clock, line in zip(void, rules.cell.lines, strict=True)
    )
    back = going._replace(
        state=State.HANDLING if config.lead else State.ACCEPTED,
        gates=config.gates & rules.kept_by_return,
        calls=0,
        clocks=clocks,
        resolved=False,
    )
    return rules.count(back, "returns", None)


def publish(rules: CourseRules, config: Config) -> Config | None:
    """Publish, where the answer does not go up."""
    if rules.cell.last_step is not None or rules.closed(config, Point.PUBLISH):
        return None
    return _answered(rules, config, State.PUBLISHED, Milestone.PUBLISHED)


def forward(rules: CourseRules, config: Config) -> Config | None:
    """Send the answer up, where it goes up."""
    if rules.cell.last_step is None or rules.closed(config, Point.PUBLISH):
        return None
    return _answered(rules, config, State.FORWARDED, Milestone.FORWARDED)


def _answered(rules: CourseRules, config: Config, state: State, milestone: Milestone) -> Config:
    """What waited for the answer ends; what waits for the matter itself, or counts from now, runs."""
    after = rules.reach(config._replace(paused=0), milestone)
    clocks = tuple(
        clock
        if clock in TICKING and (line.stops is Milestone.RESOLVED or before not in TICKING)
        # That a clock of the case has run is remembered: it runs once in each opening.
        else (over(clock) if clock != IDLE and not line.per_unit else IDLE)
        for before, clock, line in zip(config.clocks, after.clocks, rules.cell.lines, strict=True)
    )
    return ended(rules, after, state)._replace(
        clocks=clocks, begun=after.begun, resolved=after.resolved
    )


def call_back(rules: CourseRules, config: Config, *, reached: bool) -> Config | None:
    """Call the citizen; one who was told of the answer that stands stays so."""
    after = config
    if rules.attempts is not None and config.state in REPLY_READY:
        most = rules.attempts
        after = config._replace(calls=most + 1) if reached else tried(config, most)
    return rules.reach(after, Milestone.CALLED_BACK)


def reopen(rules: CourseRules, config: Config) -> Config | None:
    """Handle again: all starts afresh."""
    again = start(rules, State.ACCEPTED, returns=config.returns, reopenings=config.reopenings)
    return rules.count(rules.reach(again, Milestone.ACCEPTED), "reopenings", None)


def archive(rules: CourseRules, config: Config) -> Config | None:
    """Close the file."""
    return ended(rules, config, State.ARCHIVED)
