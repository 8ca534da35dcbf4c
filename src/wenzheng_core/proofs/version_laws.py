"""Versions and decisions: one version holds, it leaves the past alone, and its word can be checked.

Every stored decision comes out again, and every explanation says what really decided.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

import attrs

from wenzheng_core.domain.cases import Clock
from wenzheng_core.domain.clockrules import ClockRule, TimeLimit
from wenzheng_core.domain.deciding import decide
from wenzheng_core.domain.drafts import Rules
from wenzheng_core.domain.errors import RefusedError, WenzhengError
from wenzheng_core.domain.instants import at_local, show_instant
from wenzheng_core.domain.policies import Policy, PolicyVersions
from wenzheng_core.domain.reasons import Reason, reason
from wenzheng_core.domain.tables import Facts, Row, Verdict, complete
from wenzheng_core.domain.timelimits import deadline
from wenzheng_core.proofs import migration_laws
from wenzheng_core.proofs.catalogue import Property, Reach
from wenzheng_core.proofs.histories import Life, judge_lives, judged, live
from wenzheng_core.proofs.reports import Counterexample, Grade, Outcome
from wenzheng_core.proofs.staging import Decide, cells
from wenzheng_core.proofs.subjects import Draw, SeededDraw, Subject
from wenzheng_core.rederiving import rederive

_TICK = timedelta(microseconds=1)
_BUG = "这是程序的错,请报告"


def _failure(text: str, where: str = "", mend: str = "", **inputs: str) -> Counterexample:
    return Counterexample(text=text, where=where, mend=mend, inputs=inputs)


def _found(failures: list[Counterexample], checked: int, domain: str) -> Outcome:
    """One counterexample of all that were found, the first, with their number."""
    first = tuple(attrs.evolve(failures[0], count=len(failures)) for _ in failures[:1])
    return Outcome(grade=Grade.PROVED, checked=checked, domain=domain, failures=first)


# T1 to T3: the versions


def check_t1(subject: Subject) -> Outcome:
    """Look at every instant at which the answer may change, and the one before it."""
    versions = subject.city.versions
    days = sorted(policy.valid_from for policy in versions.versions)
    failures = []
    if versions.versions[0].valid_from != days[0] or len(set(days)) < len(days):
        listed = "、".join(f"{p.version}({p.valid_from})" for p in versions.versions)
        failures.append(_failure(f"版本未按施行日先后排列,或两版同日施行:{listed}", "$.valid_from"))
    for day in dict.fromkeys(days):
        last = max(policy.valid_from for policy in versions.versions if policy.valid_from <= day)
        failures += _holds_at(versions, at_local(day), (last,))
        earlier = [x for x in days if x < day][-1:]
        failures += _holds_at(versions, at_local(day) - _TICK, tuple(earlier))
    return _found(failures, 2 * len(days), f"{len(days)}个施行日 × 零时及其前一刻")


def _holds_at(
    versions: PolicyVersions, at: datetime, expected: tuple[object, ...]
) -> Iterator[Counterexample]:
    wanted = f"自 {expected[0]} 起施行的一版" if expected else "没有规定(并说明首个施行日)"
    came = ""
    try:
        held = versions.in_force(at)
        if not expected or held.valid_from != expected[0]:
            came = f"{held.version}(自 {held.valid_from} 起)"
    except RefusedError as refused:
        first = min(policy.valid_from for policy in versions.versions).isoformat()
        if expected or first not in refused.reason:
            came = refused.reason
    if came:
        text = f"{show_instant(at)} 施行的应是{wanted},得到{came}"
        yield _failure(text, "$.valid_from", "各版本的施行日须各不相同", at=show_instant(at))


def check_t2(subject: Subject) -> Outcome:
    """Add a version, and look at every day before it: the present one, and one made up after all."""
    versions, policy = subject.city.versions, subject.policy
    latest = max(versions.versions, key=lambda p: p.valid_from)
    begins = max(latest.valid_from, subject.days[-1]) + timedelta(days=1)
    made_up = attrs.evolve(latest, version="(试加)", valid_from=begins, digest="(试加)")
    failures: list[Counterexample] = []
    checked = 0
    others = tuple(p for p in versions.versions if p.valid_from < policy.valid_from)
    for before, added in ((others, policy), (versions.versions, made_up)):
        if not before:
            continue
        without = PolicyVersions(versions.id, before)
        with_it = PolicyVersions(versions.id, (*before, added))
        for day in subject.days:
            if day >= added.valid_from:
                break
            checked += 1
            at = at_local(day + timedelta(days=1)) - _TICK  # the last instant is the nearest
            one, other = _rules_at(without, at), _rules_at(with_it, at)
            if one != other:
                text = f"加入{added.version}(自 {added.valid_from} 起)以后,{day} 收到的留言"
                text += f"由「{one}」改依「{other}」"
                failures.append(_failure(text, "$.valid_from", _BUG, day=day.isoformat()))
    domain = f"{checked:,}个施行日以前的日子,逐日"
    return _found(failures, checked, domain)


def _rules_at(versions: PolicyVersions, at: datetime) -> str:
    try:
        held = versions.in_force(at)
    except RefusedError as refused:
        return refused.rule
    return f"{held.version} {held.digest}"


def check_t3(subject: Subject) -> Outcome:
    """No two versions of one name; another content under a known name is refused."""
    versions = subject.city.versions
    failures = []
    for policy in versions.versions:
        where = "$.version"
        same = [p for p in versions.versions if p.version == policy.version]
        if len(same) > 1:
            digests = "、".join(p.digest for p in same)
            text = f"有{len(same)}个版本都叫「{policy.version}」(摘要 {digests})"
            failures.append(_failure(text, where, "版本发布后不得改动;改动即为新版本,另起版本名"))
        if not policy.digest:
            failures.append(_failure(f"版本「{policy.version}」没有内容摘要", where, _BUG))
        try:
            versions.version(policy.version, f"{policy.digest}-改动")
        except RefusedError:
            continue
        text = f"「{policy.version}」改动内容以后,仍被当作原来的版本"
        failures.append(_failure(text, where, _BUG))
    return _found(failures, len(versions.versions), f"{len(versions.versions)}个版本")


# T4: decisions come out again


def judge_t4(life: Life) -> Counterexample | None:
    """Every decision of a life, counted again from what it keeps."""
    differences = rederive(life.case, life.records, life.rules)
    real = next((d for d in differences if d.cause.real), None)
    return life.failure(f"已作出的决定重算不符:{real.text}", mend=_BUG) if real else None


def law_t4(subject: Subject, draw: Draw, engine: Decide = decide) -> Counterexample | None:
    """On one drawn life."""
    return judged(judge_t4, live(subject, draw, engine))


def check_t4(subject: Subject) -> Outcome:
    """Over drawn lives."""
    return judge_lives(subject, judge_t4)


# Y1: explanations say what decided


def check_y1(subject: Subject) -> Outcome:
    """Every cell of every table, and every clock of drawn lives."""
    failures = []
    tried = 0
    for index, rule in enumerate(subject.policy.clocks):
        for facts in cells(subject.policy, rule):
            tried += 1
            if wrong := unfaithful(subject.policy, rule, facts):
                shown = "、".join(f"{k}={v}" for k, v in facts.items()) or "无"
                text = f"「{rule.title}」(事实:{shown})的说明不实:{wrong}"
                failures.append(_failure(text, f"$.clock[{index}]", _BUG, facts=shown))
    if failures:
        return _found(failures, tried, f"{tried}格,逐格")
    drawn = judge_lives(subject, judge_y1)
    return attrs.evolve(
        drawn, checked=tried + drawn.checked, domain=f"{tried}格逐格;{drawn.domain}"
    )


def unfaithful(policy: Policy, rule: ClockRule, facts: Facts) -> str:
    """What is wrong with the account that a table gives of a decision; "" if nothing is."""
    try:
        choice = policy.limit(rule.id, facts)
    except RefusedError:
        return ""  # a cell without a winner is another property's business
    full = complete(policy.columns, facts)
    rows = {row.id: row for row in rule.limits.rows}
    if [candidate.row for candidate in choice.candidates] != list(rows):
        return "所列规则不全,或次序不同"
    won = [c.row for c in choice.candidates if c.verdict is Verdict.WON]
    if won != [choice.row] or not rows[choice.row].matches(full):
        return f"所称适用的规则「{'、'.join(won)}」不是唯一适用的「{choice.row}」"
    for candidate in choice.candidates:
        row = rows[candidate.row]
        matched = candidate.verdict is not Verdict.UNMATCHED
        if matched is not row.matches(full):
            return f"规则「{row.id}」是否相符,说得不对({candidate.verdict.label})"
        if candidate.verdict is Verdict.OVERRIDDEN and not _beaten(rows, row.id, full):
            return f"规则「{row.id}」称让位,却没有相符的规则取代它"
    return ""


def _beaten(rows: Mapping[str, Row[TimeLimit]], row: str, full: Facts) -> bool:
    return any(row in other.overrides and other.matches(full) for other in rows.values())


def judge_y1(life: Life) -> Counterexample | None:
    """The reason of every clock, checked against the clock by evaluating what it records."""
    for clock in life.case.clocks:
        if clock.paused_since is not None:
            continue  # its due instant is not known until it runs on
        try:
            wrong = _unfaithful_reason(clock, reason(clock, life.rules), life.rules)
        except WenzhengError as error:
            wrong = f"无法说明:{error}"
        if wrong:
            title = life.rules.policy.title_of(clock.id)
            return life.failure(f"「{title}」的说明不实:{wrong}", mend=_BUG)
    return None


def law_y1(subject: Subject, draw: Draw, engine: Decide = decide) -> Counterexample | None:
    """On one drawn life."""
    return judged(judge_y1, live(subject, draw, engine))


def _unfaithful_reason(clock: Clock, told: Reason, rules: Rules) -> str:
    listed = tuple(f"{c.verdict.value}:{c.row}" for c in told.candidates)
    if clock.candidates and clock.facts and listed and listed != clock.candidates:
        chosen = f"won:{clock.row}"
        if chosen not in clock.candidates or chosen in listed:
            return f"所列规则{listed}与作出时的{clock.candidates}不同"
    if not told.agrees:
        return "按现有日历重算与记录不符"
    shown = told.explanation
    if shown is None:
        return ""
    d = shown.deadline
    again = deadline(d.limit, d.start, rules.calendar, shown.rules, shown.pauses, shown.extensions)
    if again.due != d.due:
        return f"由所列事项重算为{show_instant(again.due)},所称为{show_instant(d.due)}"
    tiled = all(
        a.last + timedelta(days=1) == b.first
        for a, b in zip(shown.runs, shown.runs[1:], strict=False)
    )
    return "" if tiled else "所列日子有缺漏或重叠"


# Y2: what is shown can be done again


def reproduces(subject: Subject, number: int, engine: Decide = decide) -> Counterexample | None:
    """Whether the example of that number, lived twice, is the same example."""
    one, other = (
        live(subject, SeededDraw.of(subject.seed, subject.policy.id, "Y2", number), engine)
        for _ in range(2)
    )
    if (one.records, one.crash) == (other.records, other.crash):
        return None
    text = f"第{number}例办件经过两次重演结果不同"
    return one.failure(text, mend="引擎的结果须只取决于其输入")


def law_y2(subject: Subject, draw: Draw) -> Counterexample | None:
    """On an example of a drawn number."""
    return reproduces(subject, draw.integer(0, 999_999))


def check_y2(subject: Subject) -> Outcome:
    """Live some examples again from their seeds; every sweep recounts what it shows by itself."""
    tried = max(1, subject.examples // 10)
    failures = (reproduces(subject, number) for number in range(tried))
    first = next(filter(None, failures), None)
    return Outcome(
        grade=Grade.SAMPLED,
        checked=tried,
        domain=f"抽样{tried}例由种子重演;逐日检验的反例展示前均由引擎重算",
        failures=(first,) if first else (),
    )


PROPERTIES: tuple[Property, ...] = (
    Property(
        id="T1",
        slug="one_version_in_force",
        title="任何时刻只有一版施行",
        statement="自首个施行日起,任何时刻恰有一个版本施行;此前则答复没有规定,并说明首个施行日。",
        reach=Reach.EXHAUSTIVE,
        check=check_t1,
    ),
    Property(
        id="T2",
        slug="non_interference",
        title="新版不溯及既往",
        statement="加入一个版本,不改变其施行日以前收到的任何留言所依的规定。",
        reach=Reach.CALENDAR,
        check=check_t2,
    ),
    Property(
        id="T3",
        slug="versions_immutable",
        title="版本发布后不得改动",
        statement="同一版本名只有一份内容;同名而内容不同的,拒绝使用。",
        reach=Reach.LOAD,
        check=check_t3,
    ),
    Property(
        id="T4",
        slug="decisions_replay",
        title="已作出的决定可以重算",
        statement="每一次起算、改定和到点处理,用其所记的办法、日历和事实重算,结果与记录相同。",
        reach=Reach.SAMPLED,
        check=check_t4,
        law=law_t4,
    ),
    *migration_laws.PROPERTIES,
    Property(
        id="Y1",
        slug="faithful_explanation",
        title="说明属实",
        statement="说明所列的规则就是全部规则,所称适用的就是适用的那条,按所列事项重算得到同一到期时刻。",
        reach=Reach.SAMPLED,
        check=check_y1,
        law=law_y1,
    ),
    Property(
        id="Y2",
        slug="counterexamples_reproduce",
        title="反例可以重做",
        statement="任何反例展示以前都在引擎上重做过;抽样的办件经过由种子可以原样重演。",
        reach=Reach.SAMPLED,
        check=check_y2,
        law=law_y2,
    ),
)
