"""Moves of the model that concern the clocks: first action, settlement, promise, pause, extension."""

from __future__ import annotations

from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.proofs.course_rules import AWAITING, RUNNING, TICKING, Config, CourseRules


def take_first_action(rules: CourseRules, config: Config, *, unit: bool) -> Config | None:
    """Handling begins, once; for a unit once more if a clock of its own waits."""
    if (unit and not config.lead) or not rules.waits(config, unit=unit):
        return None
    return rules.first_action(config, unit=unit)


def resolve(rules: CourseRules, config: Config) -> Config | None:
    """The matter is settled, once; whoever holds the case had begun."""
    if config.resolved:
        return None
    begun = rules.begin(config, unit=bool(config.lead))
    return rules.reach(begun._replace(resolved=True), Milestone.RESOLVED)


def promise(
    rules: CourseRules, config: Config, place: int, *, unit: bool, plan: bool = False
) -> Config | None:
    """A day, or a plan of days, for a clock that waits for one; the office may set it anew."""
    if config.clocks[place] not in ((AWAITING,) if unit else TICKING) or (unit and not config.lead):
        return None
    if config.clocks[place] == AWAITING and rules.cell.lines[place].planned and not plan:
        return None
    return config._replace(clocks=_with(config.clocks, place, RUNNING))


def pause(rules: CourseRules, config: Config, held: tuple[str, ...]) -> Config | None:
    """Let the running clocks of the ground stand still."""
    bits = sum(
        1 << place
        for place, line in enumerate(rules.cell.lines)
        if config.clocks[place] in TICKING and (not held or line.clock in held)
    )
    return config._replace(paused=bits) if bits and not config.paused else None


def resume(rules: CourseRules, config: Config) -> Config | None:
    """Let them run on."""
    return config._replace(paused=0) if config.paused else None


def request(rules: CourseRules, config: Config, place: int) -> Config | None:
    """The lead asks for more time on a running clock, one request at a time."""
    bit, often = 1 << place, config.extended[place] >= rules.cell.lines[place].extensions
    going = config.clocks[place] == RUNNING and not config.paused & bit
    if not config.lead or not going or often or config.asked & bit:
        return None
    return config._replace(asked=config.asked | bit)


def grant(rules: CourseRules, config: Config, place: int) -> Config | None:
    """Somebody else grants."""
    bit = 1 << place
    going = config.clocks[place] == RUNNING and not config.paused & bit
    if not going or not config.asked & bit:
        return None
    more = _with(config.extended, place, config.extended[place] + 1)
    return config._replace(asked=config.asked & ~bit, extended=more)


def refuse(rules: CourseRules, config: Config, place: int) -> Config | None:
    """Somebody else refuses."""
    bit = 1 << place
    return config._replace(asked=config.asked & ~bit) if config.asked & bit else None


def _with(values: tuple[int, ...], place: int, value: int) -> tuple[int, ...]:
    return (*values[:place], value, *values[place + 1 :])
