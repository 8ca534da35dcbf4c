"""Moves of the model before and while a unit has the case: what each comes to, None if forbidden."""

from __future__ import annotations

from wenzheng_core.domain.gates import Gate, Point
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.workflow import REPLY_READY, WITH_UNIT, State
from wenzheng_core.proofs.course_rules import IDLE, OFFICE_CALLED, UNIT_A, Config, CourseRules

UNASSIGNED = frozenset({State.RECEIVED, State.ACCEPTED})


def start(rules: CourseRules, state: State, *, returns: int = 0, reopenings: int = 0) -> Config:
    """A case as it is opened, or opened again."""
    config = _blank(rules, state)._replace(returns=returns, reopenings=reopenings)
    for milestone in (Milestone.POSTED, Milestone.RECEIVED):
        config = rules.reach(config, milestone)
    return config


def ended(rules: CourseRules, config: Config, state: State) -> Config:
    """A case that is declined, merged or archived: nothing runs, nobody holds it."""
    return _blank(rules, state)._replace(returns=config.returns, reopenings=config.reopenings)


def _blank(rules: CourseRules, state: State) -> Config:
    none = (IDLE,) * len(rules.cell.lines)
    return Config(state, clocks=none, extended=none)


def accept(rules: CourseRules, config: Config) -> Config | None:
    """Accept for handling."""
    return rules.reach(config._replace(state=State.ACCEPTED), Milestone.ACCEPTED)


def decline(rules: CourseRules, config: Config) -> Config | None:
    """Decline on a ground of the policy."""
    return ended(rules, config, State.DECLINED)


def merge(rules: CourseRules, config: Config) -> Config | None:
    """Follow another case."""
    return ended(rules, config, State.MERGED)


def release(rules: CourseRules, config: Config) -> Config:
    """The units let the case go; their clocks and requests go with them."""
    units = [line.per_unit for line in rules.cell.lines]
    own = sum(1 << place for place, unit in enumerate(units) if unit)
    free = config._replace(
        lead=0,
        claimed=False,
        decided=False,
        asked=config.asked & ~own,
        clocks=tuple(0 if u else x for u, x in zip(units, config.clocks, strict=True)),
        extended=tuple(0 if u else x for u, x in zip(units, config.extended, strict=True)),
    )
    return rules.unpaused(free)


def charge(rules: CourseRules, config: Config, lead: int, *, decided: bool) -> Config:
    """A unit is charged with the case."""
    charged = config._replace(
        state=State.ASSIGNED,
        lead=lead,
        claimed=False,
        decided=decided,
        gates=config.gates & rules.kept_by_assignment,
    )
    return rules.reach(charged, Milestone.ASSIGNED, unit=True)


def instruct(rules: CourseRules, config: Config, bit: int, gate: Gate, lead: int) -> Config | None:
    """A leader instructs, and may name a lead: where units are not told apart, this one (1) or another."""
    if not config.gates & bit and not rules.turn(config, bit, gate):
        return None
    named = lead if rules.tells_units else min(lead, UNIT_A)
    elsewhere = bool(lead) and config.state not in UNASSIGNED and lead != config.lead
    if elsewhere and not (gate.overrides_routing and config.state in WITH_UNIT):
        return None
    told = config._replace(gates=config.gates | bit, instructed=named or config.instructed)
    after = rules.reach(told, Milestone.INSTRUCTED)
    return charge(rules, release(rules, after), named, decided=True) if elsewhere else after


def designate(rules: CourseRules, config: Config, lead: int) -> Config | None:
    """The office names the lead, which must be the one that a leader named, if any did."""
    asked = rules.gates_of_designation
    if not asked or (rules.tells_units and config.instructed not in (0, lead)):
        return None
    named = config._replace(designated=lead if rules.tells_units else 0)
    ahead = next(((bit, gate) for bit, gate in asked if not config.gates & bit), None)
    if ahead is None:
        return named
    return named._replace(gates=config.gates | ahead[0]) if rules.turn(config, *ahead) else None


def file_note(
    rules: CourseRules, config: Config, bit: int, gate: Gate, *, unit: bool
) -> Config | None:
    """Put a note on file, once, and none of the unit's before there is a unit."""
    if unit and not (config.lead and gate.before is Point.REPORT):
        return None
    early = gate.before is not Point.ASSIGN and config.state in UNASSIGNED
    if config.gates & bit or early or not rules.turn(config, bit, gate):
        return None
    return config._replace(gates=config.gates | bit)


def assign(rules: CourseRules, config: Config, lead: int, *, decided: bool) -> Config | None:
    """Assign to the lead that was named, if one was."""
    if rules.closed(config, Point.ASSIGN):
        return None
    if rules.tells_units and (config.instructed or config.designated or lead) != lead:
        return None
    return charge(rules, config, lead, decided=decided)


def reassign(rules: CourseRules, config: Config) -> Config | None:
    """Give the case to the other unit, past the gates too; who was named for it keeps it."""
    other = 3 - config.lead if rules.tells_units else UNIT_A
    elsewhere = config.instructed or config.designated not in (0, other)
    if rules.cell.units < 2 or elsewhere or not config.lead or rules.closed(config, Point.ASSIGN):
        return None
    return charge(rules, release(rules, config), other, decided=False)


def send_back(rules: CourseRules, config: Config) -> Config | None:
    """The lead returns the case, if it was not decided for it, and not too often."""
    bound = rules.cell.policy.routing.send_back_times
    often = bound is not None and config.send_backs >= bound
    if not config.lead or config.decided or often:
        return None
    back = release(rules, config)._replace(
        state=State.ACCEPTED, gates=config.gates & rules.kept_by_send_back, designated=0
    )
    return rules.count(back, "send_backs", bound)


def claim(rules: CourseRules, config: Config) -> Config | None:
    """The lead signs, once."""
    if not config.lead or config.claimed:
        return None
    signed = config._replace(claimed=True, state=State.HANDLING)
    return rules.reach(signed, Milestone.CLAIMED, unit=True)


def contact(rules: CourseRules, config: Config, *, unit: bool, reached: bool) -> Config | None:
    """An attempt to reach the citizen, by the lead or by the office."""
    if unit and not config.lead:
        return None
    after = config
    if rules.counts_contacts:
        who = (config.lead if unit else OFFICE_CALLED) if rules.tells_units else UNIT_A
        after = after._replace(contacts=after.contacts | who)
    if rules.attempts and not reached and not unit and config.state in REPLY_READY:
        after = tried(after, rules.attempts)
    return rules.reach(after, Milestone.CONTACTED, unit=unit)


def tried(config: Config, most: int) -> Config:
    """One more try to call back of an answer that stands, up to as many as any gate asks."""
    return config._replace(calls=max(config.calls, min(config.calls + 1, most)))
