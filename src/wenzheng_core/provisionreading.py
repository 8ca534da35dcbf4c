"""What a policy file says beside clocks, ladder and reasons: gates, routing, campaigns, rates.

Each function reads one part from its shape; what is wrong with it goes into the words' faults.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, datetime, time

import attrs

from wenzheng_core import policyfile as f
from wenzheng_core.domain.cadences import (
    AtOnce,
    Cadence,
    Daily,
    Duty,
    Monthly,
    Weekly,
    Yearly,
    parse_cadence,
)
from wenzheng_core.domain.errors import LimitUseError
from wenzheng_core.domain.gates import SUITED, Checklist, Gate, GateAct
from wenzheng_core.domain.instants import at_local, end_of
from wenzheng_core.domain.limits import Limit
from wenzheng_core.domain.measures import RANKED_BY
from wenzheng_core.domain.provisions import (
    COUNTS,
    WITHIN,
    AccountabilityCause,
    Campaign,
    LastStep,
    MeasureRule,
    Routing,
    SupervisionRule,
)
from wenzheng_core.domain.replychecks import ReplyChecks, Wording
from wenzheng_core.domain.schedules import ReportKind, Schedule
from wenzheng_core.policywords import Words

MOST_DIGITS = 6
_PER_CENT = re.compile(r"(?:100(?:\.0+)?|\d{1,2}(?:\.\d+)?)", re.ASCII)


# Gates and their lists


def read_gates(file: f.PolicyFile, words: Words) -> tuple[Gate, ...]:
    """The gates, in the order of the file."""
    words.unique([gate.id for gate in file.gate], "$.gate")
    lists = tuple(table.id for table in file.checklist)
    known = lists if words.all_named("$.checklist", len(lists)) else None
    return tuple(_gate(t, f"$.gate[{i}]", words, known) for i, t in enumerate(file.gate))


def _gate(table: f.GateTable, path: str, words: Words, lists: tuple[str, ...] | None) -> Gate:
    """One gate; ``lists`` are the checklists there are, None where not all are known."""
    words.require_basis(table, path)
    mend = "写职务或部门,如「市政府主要领导」"
    words.require(table.by, f"{path}.by", "每一关须写明由谁", mend)
    if not words.is_lost(f"{path}.act"):
        _check_act(table, path, words)
    _check_lists(table, path, words, lists)
    return Gate(
        id=table.id,
        act=table.act,
        by=table.by,
        basis=table.basis,
        before=table.before,
        title=table.title,
        blocks=not table.parallel,
        overrides_routing=table.overrides_routing,
        attempts=table.attempts,
        checklists=table.checklists,
        choice=table.choice,
        conditions=words.conditions(table.when, table.also, path),
    )


def _check_act(table: f.GateTable, path: str, words: Words) -> None:
    """The act stands where it can, and bears only the marks that mean something for it."""
    act = table.act
    if act not in SUITED[table.before] and not words.is_lost(f"{path}.before"):
        points = "、".join(f'"{point}"' for point, acts in SUITED.items() if act in acts)
        reason = f"「{act.label}」不能排在{table.before.label}之前"
        words.fault(reason, f"{path}.before", f"{act} 可用的 before:{points}")
    if table.attempts < 0:
        words.fault("次数不能是负数", f"{path}.attempts", "如 attempts = 3;回访以外各关,删去这一项")
    elif not table.attempts and act is GateAct.CALL_BACK:
        reason = "没有写明几次联系不上即可放行,联系不上的办件将永远不能公开回复"
        words.fault(reason, f"{path}.attempts", '如 attempts = 3;原文未写的,加 choice = "理由"')
    elif table.attempts and act is not GateAct.CALL_BACK:
        mend = "联系几次不上即可放行,只用于 call_back;删去这一项"
        words.fault(f"「{act.label}」没有 attempts", f"{path}.attempts", mend)
    for key in ("parallel", "overrides_routing"):
        if getattr(table, key) and act is not GateAct.INSTRUCT:
            mend = "只用于 instruct;删去这一项"
            words.fault(f"「{act.label}」没有 {key}", f"{path}.{key}", mend)


def _check_lists(
    table: f.GateTable, path: str, words: Words, lists: tuple[str, ...] | None
) -> None:
    """The lists of a gate are there, and somebody goes through them."""
    where = f"{path}.checklists"
    if table.checklists and table.act.by_record and not words.is_lost(f"{path}.act"):
        reason = f"「{table.act.label}」凭记录通过,没有人逐项核对"
        words.fault(reason, where, "把清单写到审核、审定等须专门作出的一关")
        return
    words.distinct(table.checklists, where)
    for index, name in enumerate(table.checklists):
        if lists is not None and name.strip() and name not in lists:
            mend = f"可用:{'、'.join(lists) or '无'};清单在 [[checklist]] 中写明"
            words.fault(f"没有名为 {name} 的清单", f"{where}[{index}]", mend)


def read_checklists(file: f.PolicyFile, words: Words) -> tuple[Checklist, ...]:
    """The lists that are gone through at gates."""
    words.unique([table.id for table in file.checklist], "$.checklist")
    for index, table in enumerate(file.checklist):
        path = f"$.checklist[{index}]"
        words.require_basis(table, path)
        words.distinct(table.items, f"{path}.items")
    return tuple(Checklist(**attrs.asdict(table)) for table in file.checklist)


# From whom to whom


def read_routing(table: f.RoutingTable, words: Words) -> Routing:
    """How the unit is found, and how it may return a case."""
    if table == f.RoutingTable():
        return Routing()
    words.require_basis(table, "$.routing")
    rules = (table.principles, table.principle_required, table.send_back_within)
    if not any(rules) and table.send_back_times is None and not words.has_lost("$.routing"):
        mend = "写 principles、send_back_within 或 send_back_times,或删去 [routing]"
        words.fault("没有规定任何事项", "$.routing", mend)
    words.distinct(table.principles, "$.routing.principles")
    if table.principle_required and not table.principles:
        reason, mend = "没有列出可以写明的原则", '如 principles = ["法定职责", "属地"]'
        words.fault(reason, "$.routing.principles", mend)
    times = table.send_back_times
    if times is not None and times < 1:
        mend = "没有规定次数的,删去这一项"
        words.fault("退件次数至少为 1", "$.routing.send_back_times", mend)
    return Routing(**(attrs.asdict(table) | {"send_back_within": _send_back(table, words)}))


def _send_back(table: f.RoutingTable, words: Words) -> Limit | None:
    if table.send_back_within is None:
        return None
    return words.limit(table.send_back_within, "$.routing.send_back_within")


def read_last_steps(file: f.PolicyFile, words: Words) -> tuple[LastStep, ...]:
    """For which cases the answer goes up instead of to the public."""
    steps = []
    for index, table in enumerate(file.last_step):
        path = f"$.last_step[{index}]"
        words.require_basis(table, path)
        words.require(table.to, f"{path}.to", "没有写明报送谁", "如「市政府综合一科」")
        conditions = words.conditions(table.when, table.also, path)
        steps.append(
            LastStep(to=table.to, basis=table.basis, choice=table.choice, conditions=conditions)
        )
    return tuple(steps)


def read_supervision(table: f.SupervisionTable | None, words: Words) -> SupervisionRule:
    """Who signs a supervision order together."""
    if table is None:
        return SupervisionRule()
    words.require_basis(table, "$.supervision")
    words.distinct(table.issuers, "$.supervision.issuers")
    if not table.issuers:
        mend = "列出联合签发的部门;任何部门都可以督办的,删去 [supervision]"
        words.fault("没有写明由谁签发督办单", "$.supervision.issuers", mend)
    return SupervisionRule(**attrs.asdict(table))


def read_accountability(file: f.PolicyFile, words: Words) -> tuple[AccountabilityCause, ...]:
    """The causes for which somebody is held to account."""
    words.unique([cause.code for cause in file.accountability], "$.accountability", "code")
    for index, table in enumerate(file.accountability):
        words.require_basis(table, f"$.accountability[{index}]")
    return tuple(AccountabilityCause(**attrs.asdict(table)) for table in file.accountability)


# Campaigns


def read_campaigns(file: f.PolicyFile, words: Words) -> tuple[Campaign, ...]:
    """The campaigns, their days as instants."""
    words.unique([campaign.id for campaign in file.campaign], "$.campaign")
    return tuple(_campaign(c, f"$.campaign[{i}]", words) for i, c in enumerate(file.campaign))


def _campaign(table: f.CampaignTable, path: str, words: Words) -> Campaign:
    words.require_basis(table, path)
    words.known_value(table.column, table.value, path)
    lost = any(words.is_lost(f"{path}.{key}") for key in ("from", "through", "tag"))
    if not (table.first or table.through or table.tag.strip() or lost):
        mend = '写 from、through 或 tag,如 tag = "【清爽度夏】"'
        words.fault("没有写明哪些留言属于这一活动", path, mend)
    if table.first and table.through and table.through < table.first:
        words.fault("最后一日早于第一日", f"{path}.through", "through 是最后一日,算在内")
    return Campaign(
        id=table.id,
        title=table.title,
        column=table.column,
        value=table.value,
        basis=table.basis,
        first=_instant(table.first, at_local, f"{path}.from", words),
        until=_instant(table.through, end_of, f"{path}.through", words),
        tag=table.tag,
        choice=table.choice,
    )


def _instant(
    day: date | None, instant: Callable[[date], datetime], path: str, words: Words
) -> datetime | None:
    """The instant at which a day begins or ends; None, with a fault, beyond the years there are."""
    try:
        return instant(day) if day else None
    except OverflowError:
        words.fault(f"日期 {day} 超出可以计算的年份", path, "没有界限的,删去这一项")
        return None


# Rates


def read_measures(file: f.PolicyFile, words: Words) -> tuple[MeasureRule, ...]:
    """The rates that the policy defines itself."""
    words.unique([measure.id for measure in file.measure], "$.measure")
    codes = [reason.code for reason in file.decline]
    known = words.all_named("$.decline", len(codes), "code")
    for index, table in enumerate(file.measure):
        path = f"$.measure[{index}]"
        words.require_basis(table, path)
        _check_measure(table, path, words)
        words.distinct(table.excluding, f"{path}.excluding")
        for place, code in enumerate(table.excluding):
            if code.strip() and code not in codes and known:
                mend = f"可用:{'、'.join(codes) or '无'};情形在 [[decline]] 中写明"
                words.fault(f"没有「{code}」这一不受理情形", f"{path}.excluding[{place}]", mend)
    return tuple(MeasureRule(**attrs.asdict(table)) for table in file.measure)


def _check_measure(table: f.MeasureTable, path: str, words: Words) -> None:
    if table.id in RANKED_BY:
        reason = f"编号 {table.id} 已是「{RANKED_BY[table.id]}」"
        words.fault(reason, f"{path}.id", "换一个编号")
    for key, name in (("part", table.part), ("whole", table.whole)):
        if name not in COUNTS:
            mend = f"可用:{'、'.join(f'{n}({label})' for n, label in COUNTS.items())}"
            words.fault(f"没有「{name}」这一项计数", f"{path}.{key}", mend)
    _check_within(table, path, words)
    if not 0 <= table.digits <= MOST_DIGITS:
        words.fault(f"小数位数须在 0 至 {MOST_DIGITS} 之间", f"{path}.digits", "如 digits = 2")
    if table.target and not _PER_CENT.fullmatch(table.target):
        mend = '写百分数的数字,如 target = "95"'
        words.fault(f"目标不能是「{table.target}」", f"{path}.target", mend)


def _check_within(table: f.MeasureTable, path: str, words: Words) -> None:
    """What is counted in the part is counted in the whole, or the rate could pass 100%."""
    part, whole = table.part, table.whole
    if part in COUNTS and whole in COUNTS and whole not in WITHIN[part]:
        fit = "、".join(f"{name}({COUNTS[name]})" for name in COUNTS if name in WITHIN[part])
        reason = f"「{COUNTS[part]}」不是「{COUNTS[whole]}」的一部分,不能相比"
        mend = f"{part} 可比:{fit}" if fit else f"{part} 只能作 whole;part 写其中的一部分"
        words.fault(reason, f"{path}.whole", mend)


# Schedules


def read_schedules(file: f.PolicyFile, words: Words) -> tuple[Schedule, ...]:
    """What is made or done again and again."""
    words.unique([schedule.id for schedule in file.schedule], "$.schedule")
    found = (_schedule(t, f"$.schedule[{i}]", words) for i, t in enumerate(file.schedule))
    return tuple(schedule for schedule in found if schedule is not None)


def _schedule(table: f.ScheduleTable, path: str, words: Words) -> Schedule | None:
    words.require_basis(table, path)
    words.distinct(table.to, f"{path}.to")
    cadence = words.parse(table.every, f"{path}.every", parse_cadence)
    duty = isinstance(cadence, Duty) or table.kind is ReportKind.POLL_DUTY
    if not (table.to or duty or cadence is None or words.is_lost(f"{path}.kind")):
        words.fault("没有写明送给谁", f"{path}.to", '如 to = ["office"]')
    if cadence is None:
        return None
    if not words.is_lost(f"{path}.kind"):
        _check_cadence(table.kind, cadence, f"{path}.every", words)
    _check_hand_over(table.handed_over, cadence, f"{path}.handed_over", words)
    try:
        return Schedule(
            id=table.id,
            kind=table.kind,
            cadence=cadence,
            closes=table.closes,
            closes_inclusive=table.closes_inclusive,
            handed_over=table.handed_over,
            to=table.to,
            basis=table.basis,
            choice=table.choice,
            conditions=words.conditions(table.when, table.also, path),
        )
    except LimitUseError as error:
        words.fault(str(error), path, "改 closes、closes_inclusive、handed_over,或改 every")
        return None


_BY_HAND = frozenset(
    {
        ReportKind.SPECIAL,
        ReportKind.BULLETIN,
        ReportKind.CONSULTATION,
        ReportKind.ASSESSMENT,
    }
)
"""What may be made whenever there is cause (随时)."""

_DUTIES = frozenset({ReportKind.POLL_DUTY, ReportKind.SITE_VISIT})
"""What may be owed so many times a day, at whatever hours."""


def _check_cadence(kind: ReportKind, cadence: Cadence, path: str, words: Words) -> None:
    """A kind that is counted, or made for cause, is; any other one has its times."""
    if kind is ReportKind.POLL_DUTY and not isinstance(cadence, Duty):
        words.fault(f"「{kind.label}」须写明每日几次", path, 'every = "每日4次"')
    elif kind is ReportKind.SPECIAL and not isinstance(cadence, AtOnce):
        words.fault(f"「{kind.label}」是随时的", path, 'every = "随时"')
    elif isinstance(cadence, Duty) and kind not in _DUTIES:
        mend = f"写明钟点,如「每日11:00」;按次数的只有:{_kinds(_DUTIES)}"
        words.fault(f"「{kind.label}」不能只写次数", path, mend)
    elif isinstance(cadence, AtOnce) and kind not in _BY_HAND:
        mend = f"写明日程,如「每月1日」;随时的只有:{_kinds(_BY_HAND)}"
        words.fault(f"「{kind.label}」不能随时进行", path, mend)


def _kinds(kinds: Collection[ReportKind]) -> str:
    return "、".join(f"{kind}({kind.label})" for kind in ReportKind if kind in kinds)


def _check_hand_over(given: time | None, cadence: Cadence, path: str, words: Words) -> None:
    """What is handed over before it is made would be handed over on the day after."""
    match cadence:
        case Weekly(at=run) | Monthly(at=run) | Yearly(at=run) | Daily(times=(run,)):
            if given is not None and given < run:
                reason = f"交办钟点 {given:%H:%M} 早于成稿的 {run:%H:%M}"
                words.fault(reason, path, "写当日成稿之后的钟点,或改 every")
        case _:
            pass


# Replies


def read_reply(table: f.ReplyTable, words: Words) -> ReplyChecks:
    """What a proposed reply is looked through for."""
    _check_telephones(table, words)
    return ReplyChecks(
        avoided=tuple(_wordings(table.avoid, "$.reply.avoid", words)),
        parts=tuple(_wordings(table.part, "$.reply.part", words)),
        courtesy=tuple(_wordings(table.courtesy, "$.reply.courtesy", words)),
    )


def _check_telephones(table: f.ReplyTable, words: Words) -> None:
    """A number to call is something to be there, nothing to be avoided."""
    for index, wording in enumerate(table.avoid):
        if wording.telephone:
            path = f"$.reply.avoid[{index}].telephone"
            words.fault("电话号码不是应避免的用语", path, "写进 [[reply.part]],或删去")


def _wordings(tables: Sequence[f.WordingTable], path: str, words: Words) -> Iterator[Wording]:
    words.unique([table.code for table in tables], path, "code")
    for index, table in enumerate(tables):
        where = f"{path}[{index}]"
        if not table.choice.strip() and not words.is_lost(f"{where}.choice"):
            words.require_basis(table, where)
        words.distinct(table.words, f"{where}.words")
        lost = words.is_lost(f"{where}.words") or words.is_lost(f"{where}.telephone")
        if not (table.words or table.telephone or lost):
            mend = '如 words = ["尽快", "近期"];认电话号码的,写 telephone = true'
            words.fault("没有写明找什么", f"{where}.words", mend)
        yield Wording(**attrs.asdict(table))
