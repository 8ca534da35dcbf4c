"""Migration and seams: what becomes of open cases where a version follows another one.

The pair that is looked at is the version under examination and the one before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import attrs

from wenzheng_core.domain.actors import SYSTEM
from wenzheng_core.domain.cases import Case, Clock
from wenzheng_core.domain.clockrules import ClockRule
from wenzheng_core.domain.commands import Request, Tick
from wenzheng_core.domain.deciding import Decision, decide
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.errors import OutsideCalendarError, RefusedError
from wenzheng_core.domain.instants import end_of, local_day, show_due, show_instant
from wenzheng_core.domain.migration import Migration, Mode, migrate, require_image
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.workflow import OPEN
from wenzheng_core.proofs.catalogue import Property, Reach
from wenzheng_core.proofs.histories import Life, live, search
from wenzheng_core.proofs.reports import Counterexample, Grade, Outcome
from wenzheng_core.proofs.seams import seams
from wenzheng_core.proofs.staging import CLERK, Stage, cells, full_facts, rules_of, usual_start
from wenzheng_core.proofs.subjects import Draw, Subject
from wenzheng_core.rederiving import rederive

ALONE = "没有更早的版本,无从衔接"
_BUG = "这是程序的错,请报告"


def predecessor(subject: Subject) -> Policy | None:
    """The version before the one under examination."""
    earlier = [
        policy
        for policy in subject.city.versions.versions
        if policy.valid_from < subject.policy.valid_from
    ]
    return max(earlier, key=lambda policy: policy.valid_from, default=None)


@attrs.frozen
class Moved:
    """A case of the earlier version, and what was asked of it."""

    life: Life
    asked: Migration
    old: Rules
    new: Rules

    def again(self, case: Case | None = None) -> Decision:
        """What the migration brings about. Raises RefusedError."""
        return migrate(case or self.life.case, self.asked, self.old, self.new)

    def failure(self, text: str) -> Counterexample:
        """A counterexample: the life, and the migration after it."""
        how = f"{show_instant(self.asked.at)} 按「{self.asked.mode.label}」迁移"
        return self.life.failure(f"{how}:{text}", mend=_BUG)


def drawn(subject: Subject, draw: Draw) -> Moved | None:
    """A life under the earlier version, and a migration to this one at some instant after it."""
    kept: dict[str, Subject | None] = vars(subject)  # as cached_property keeps its values
    if "_earlier" not in kept:
        before = predecessor(subject)
        kept["_earlier"] = attrs.evolve(subject, policy=before) if before else None
    earlier = kept["_earlier"]
    if earlier is None:
        return None
    life = live(earlier, draw)
    mode = draw.choice(tuple(Mode))
    at = life.case.updated + timedelta(hours=draw.choice((0, 1, 9, 30, 100, 500)))
    cap = local_day(at) + timedelta(days=draw.choice((-3, 0, 1, 10)))
    asked = Migration(
        mode=mode, reason="检验", actor=CLERK, at=at, cap=cap if mode is Mode.CAP else None
    )
    return Moved(life, asked, life.rules, rules_of(subject))


# T5


def law_t5(subject: Subject, draw: Draw) -> Counterexample | None:
    """Whatever was not due at the migration is not due by it, nor before the day has ended."""
    moved = drawn(subject, draw)
    if moved is None or moved.life.crash:
        return None
    at = moved.asked.at
    try:
        before = decide(moved.life.case, Request(Tick(), SYSTEM, at), moved.old).case
        after = moved.again()
    except (RefusedError, OutsideCalendarError):
        return None  # it stays where it is
    if not after.records:
        return None
    return next((moved.failure(text) for text in _worse(before, after.case, at)), None)


def _worse(before: Case, after: Case, at: datetime) -> Iterator[str]:
    day = end_of(local_day(at))
    for clock in before.running:
        if clock.breached(at):
            continue
        now = next((c for c in after.running if c.key == clock.key), None)
        if now is None or now.due is None:
            continue
        earliest = min(day, clock.due) if clock.due else day
        if now.breached(at) or now.due < earliest:
            was = show_due(clock.due) if clock.due else "未规定"
            yield f"「{clock.id}」原{was}到期,未超期,迁移后{show_due(now.due)}到期"


def check_t5(subject: Subject) -> Outcome:
    """Over drawn lives of the earlier version, in all modes."""
    return search(subject, "T5", law_t5) if predecessor(subject) else Outcome(absent=ALONE)


# T6


def law_t6(subject: Subject, draw: Draw) -> Counterexample | None:
    """The same asked again is the same; asked of what came of it, it changes nothing."""
    moved = drawn(subject, draw)
    if moved is None or moved.life.crash:
        return None
    try:
        decision = moved.again()
    except (RefusedError, OutsideCalendarError):
        return None
    if moved.again() != decision:
        return moved.failure("试算与施行结果不同")
    if decision.records and moved.again(decision.case).records:
        return moved.failure("再迁移一次,又有变动")
    history = (*moved.life.records, *decision.records)
    rules = moved.new if decision.records else moved.old
    differences = rederive(decision.case, history, rules, [moved.old.policy])
    real = next((d for d in differences if d.cause.real), None)
    return moved.failure(f"迁移后已作出的决定重算不符:{real.text}") if real else None


def check_t6(subject: Subject) -> Outcome:
    """Over drawn lives of the earlier version, in all modes."""
    return search(subject, "T6", law_t6) if predecessor(subject) else Outcome(absent=ALONE)


# T7


def check_t7(subject: Subject) -> Outcome:
    """Every open state with every clock in every cell: an image, or a refusal that says why."""
    old, new = predecessor(subject), subject.policy
    if old is None:
        return Outcome(absent=ALONE)
    rules = Rules(old, rules_of(subject).calendar, rules_of(subject).units)
    opened = Stage.of(rules, full_facts(old, {}), usual_start(rules.calendar)).case
    refused: Counter[str] = Counter()
    failures, checked = [], 0
    for rule in old.clocks:
        for facts in cells(old, rule):
            for state in sorted(OPEN):
                checked += 1
                clock = _running(rule, opened.opened)
                case = attrs.evolve(opened, state=state, facts=facts, clocks=(clock,))
                try:
                    require_image(case, old, new)
                except RefusedError as refusal:
                    refused[refusal.reason] += 1
                    continue
                if wrong := _homeless(case, rule, new):
                    text = f"处于「{state.label}」、正计「{rule.title}」的办件可迁往{new.version},但{wrong}"
                    failures.append(Counterexample(text=text, where="$.clock", mend=_BUG))
    why = ";".join(f"{reason}({n})" for reason, n in refused.most_common())
    domain = f"{checked}种(状态 × 时限 × 格),{checked - sum(refused.values())}种可迁"
    return Outcome(
        grade=Grade.PROVED,
        checked=checked,
        domain=domain + (f";明确拒绝的:{why}" if why else ""),
        failures=tuple(attrs.evolve(failures[0], count=len(failures)) for _ in failures[:1]),
    )


def _running(rule: ClockRule, started: datetime) -> Clock:
    row = rule.limits.rows[0]
    return Clock(
        id=rule.id,
        unit="unit-a" if rule.per_unit else "",
        epoch=1,
        row=row.id,
        limit=row.value.within,
        soft=row.value.soft,
        basis=row.value.basis,
        started=started,
        due=None,
        stops=rule.stops_in(row.value),
    )


def _homeless(case: Case, rule: ClockRule, new: Policy) -> str:
    """What the new version cannot do with the case that it was said to carry; "" if nothing."""
    found = next((x for x in new.clocks if x.id == rule.id), None)
    if found is None or found.per_unit is not rule.per_unit:
        return "新版没有这一时限"
    try:
        new.limit(rule.id, case.facts)
    except RefusedError as refused:
        if refused.rule not in ("facts.missing", "table.no_single_winner"):
            return str(refused)
    return ""


# T8


def check_t8(subject: Subject) -> Outcome:
    """Every seam is listed, as a warning: it is lawful, and the counter must know it."""
    old = predecessor(subject)
    if old is None or subject.calendar is None:
        return Outcome(absent=ALONE)
    found = tuple(
        Counterexample(
            text=(
                f"「{seam.title}」{seam.scope}:{show_instant(seam.before)} 收到的"
                f"{show_due(seam.due_before)}到期,{show_instant(seam.after)} 收到的"
                f"{show_due(seam.due_after)}到期,后到的先到期"
            ),
            where="$.valid_from",
            mend="依各自收到时施行的版本,均属合法;请告知窗口人员",
            inputs={"clock": seam.clock, **seam.facts},
            count=seam.days,
        )
        for seam in seams(old, subject.policy, subject.calendar)
    )
    day = subject.policy.valid_from.isoformat()
    return Outcome(
        grade=Grade.PROVED,
        checked=len(old.clocks),
        domain=f"{len(old.clocks)}个时限,{day} 零时前后",
        failures=found,
    )


PROPERTIES: tuple[Property, ...] = (
    Property(
        id="T5",
        slug="no_instant_breach",
        title="迁移不造成当即超期",
        statement="未超期的办件改按新版办法时,任何时限都不会当即超期,也不早于迁移当日结束。",
        reach=Reach.SAMPLED,
        check=check_t5,
        law=law_t5,
    ),
    Property(
        id="T6",
        slug="migration_idempotent",
        title="迁移可试算、可重复",
        statement="试算与施行是同一结果;再迁移一次不再有任何变动;迁移后的决定仍可重算。",
        reach=Reach.SAMPLED,
        check=check_t6,
        law=law_t6,
    ),
    Property(
        id="T7",
        slug="states_have_images",
        title="在办状态都有去处",
        statement="旧版下的每种在办状态,在新版中都有对应,否则明确拒绝迁移并说明理由。",
        reach=Reach.EXHAUSTIVE,
        check=check_t7,
        required=False,
    ),
    Property(
        id="T8",
        slug="seams_listed",
        title="接缝处后到先到期的,逐一列出",
        statement="同一版本内后到的不会先到期;两版交接之日可能如此,逐一列出。",
        reach=Reach.CALENDAR,
        check=check_t8,
        required=False,
    ),
)
