"""One policy as a page in Chinese, in the order in which a notice speaks of things."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta

import attrs

from wenzheng_cli.terminal import Sheet
from wenzheng_core import Policy, Units, write_limit
from wenzheng_core.domain.cadences import write_cadence
from wenzheng_core.domain.clockrules import ClockRule, TimeLimit
from wenzheng_core.domain.escalation import OFFICE, write_moment
from wenzheng_core.domain.gates import Gate, GateAct, Point
from wenzheng_core.domain.instants import local, local_day, show_day
from wenzheng_core.domain.measures import RANKED_BY
from wenzheng_core.domain.provisions import COUNTS, Campaign, MeasureRule, RankingRule
from wenzheng_core.domain.replychecks import Wording
from wenzheng_core.domain.schedules import Schedule
from wenzheng_core.domain.tables import Condition, Row
from wenzheng_core.domain.timelimits import Counting, TimeRules
from wenzheng_core.domain.units import office_title

Part = str | Sheet

EVERY = "一律"
"""To which cases something applies that is not bound to any."""

SOFT = "(一般要求)"
"""The mark of a limit that is worded as an aim."""

_COUNTED = {
    Counting.CIVIL: "民法计算规则(今《民法典》第201条至第203条)",
    Counting.PROCEDURE: "民事诉讼计算规则(《民事诉讼法》第85条)",
}


def page(policy: Policy, units: Units = Units()) -> Iterator[Part]:
    """The whole page: what is provided, then what was chosen, then what the text does not say."""
    yield f"{policy.title}({policy.id},{policy.version})"
    yield f"自{show_day(policy.valid_from)}起施行;日历 {policy.calendar};摘要 {policy.digest}"
    yield f"依据:{policy.basis}"
    chapters = (
        ("分类", _columns(policy)),
        ("交办之前", _routing(policy)),
        ("时限", _limits(policy)),
        ("反馈与回复之前", _replying(policy)),
        ("不予受理、中止与延期", _grounds(policy)),
        ("督办", _ladder(policy)),
        ("日程与报告", _schedules(policy)),
        ("统计与排名", _measures(policy)),
        ("保存", _kept(policy)),
        ("承办单位", _units(units)),
        ("原文没有说清、由本办法作者选择", _numbered(choices(policy))),
        ("原文没有写的", _numbered(absent(policy))),
    )
    for title, lines in chapters:
        parts = list(lines)
        if parts:
            yield f"\n【{title}】"
            yield from parts


def when(conditions: Iterable[Condition]) -> str:
    """The cases to which something applies: 「咨询/建议,一般 或 重大」; 「一律」 for all."""

    def one(condition: Condition) -> str:
        return ",".join("/".join(sorted(values)) for values in condition.values())

    return " 或 ".join(one(condition) for condition in conditions) or EVERY


def limit_text(row: TimeLimit) -> str:
    """What a row provides: a limit with its marks, a promise, or why there is none."""
    if row.promise is not None:
        return row.promise.label
    if row.within is None:
        return f"无时限({row.no_limit})"
    marks = (SOFT if row.soft else "") + ("(可另定更短)" if row.office_may_shorten else "")
    return write_limit(row.within) + marks


def span(clock: ClockRule, row: TimeLimit | None = None) -> str:
    """From what to what a clock runs, in one row or in general."""
    starts = clock.starts_in(row) if row else clock.starts
    stops = clock.stops_in(row) if row else clock.stops
    return f"{starts.label}至{stops.label}{',各单位分计' if clock.per_unit else ''}"


def gate_text(gate: Gate) -> str:
    """One gate: 「交办前须经州委主要领导批示」."""
    case = _for(gate.conditions)
    if not gate.blocks:
        over = ",与原交办不一致的以批示为准重新交办" if gate.overrides_routing else ""
        return f"{case}{gate.by}{gate.label},与办理并行{over}"
    must = f"须有{gate.by}的" if gate.act is GateAct.NOTE else f"须经{gate.by}"
    text = f"{case}{gate.before.label}前{must}{gate.label}"
    if gate.act is GateAct.CALL_BACK and gate.attempts:
        text += f";联系{gate.attempts}次未果并记录在案的,可以不再等待"
    return text


def choices(policy: Policy) -> Iterator[str]:
    """Every choice that somebody made where the text is silent or vague, with its reason."""
    if policy.valid_from_choice:
        yield f"施行日期:{policy.valid_from_choice}"
    reply = policy.reply
    rest: list[tuple[str, str]] = [
        *((x.title or x.name, x.choice) for x in policy.columns),
        ("计算规则", policy.time_choice),
        *(named for clock in policy.clocks for named in _chosen(clock)),
        *((x.title, x.choice) for x in policy.campaigns),
        ("分办", policy.routing.choice),
        *((gate.label, gate.choice) for gate in policy.gates),
        *((x.title, x.choice) for x in policy.checklists),
        *((f"报送{x.to}", x.choice) for x in policy.last_steps),
        *((rung.act.label, rung.choice) for rung in policy.rungs),
        ("督办单", policy.supervision.choice),
        *((x.title, x.choice) for x in policy.accountability),
        *((reason.title, reason.choice) for reason in policy.decline_reasons),
        *((reason.title, reason.choice) for reason in policy.pause_reasons),
        *((f"{policy.title_of(x.clock)}延期", x.choice) for x in policy.extensions),
        *((x.kind.label, x.choice) for x in policy.schedules),
        *((x.title, x.choice) for x in policy.measures),
        ("排名", policy.ranking.choice),
        ("保存期限", policy.retention.choice if policy.retention else ""),
        *((x.title, x.choice) for x in (*reply.avoided, *reply.parts, *reply.courtesy)),
    ]
    yield from (f"{name}:{choice}" for name, choice in rest if choice)


def _chosen(clock: ClockRule) -> Iterator[tuple[str, str]]:
    """The choices of one clock: of what it runs from and to, then of its rows by their cases."""
    yield f"{clock.title}(起止)", clock.choice
    for row in clock.limits.rows:
        yield f"{clock.title}{_of_row(row)}", row.value.choice


def _of_row(row: Row[TimeLimit]) -> str:
    case = when(row.conditions)
    return "" if case == EVERY else f"({case})"


def _numbered(lines: Iterable[str]) -> Iterator[str]:
    yield from (f"{number}. {text}" for number, text in enumerate(lines, 1))


def absent(policy: Policy) -> Iterator[str]:
    """What could not be read of the text, and what it does not say."""
    if policy.truncated:
        yield policy.truncated
    yield from policy.silent


def _columns(policy: Policy) -> Iterator[Part]:
    for column in policy.columns:
        default = f";未写明时为「{column.default}」" if column.default else ""
        aliases = "".join(f";「{a}」即「{v}」" for a, v in column.aliases.items())
        named = f"{column.title or column.name}({column.name})"
        yield f"{named}:{'、'.join(column.values)}{default}{aliases}"
    titles = {column.name: column.title or column.name for column in policy.columns}
    yield from (_campaign(campaign, titles[campaign.column]) for campaign in policy.campaigns)


def _campaign(campaign: Campaign, column: str) -> str:
    first = f"{show_day(local_day(campaign.first))}起" if campaign.first else ""
    last = campaign.until and local(campaign.until) - timedelta.resolution
    until = f"至{show_day(last.date())}止" if last else ""
    tag = f",带「{campaign.tag}」标签" if campaign.tag else ""
    sets = f"归入{column}「{campaign.value}」"
    return f"{campaign.title}:{first}{until}的留言{tag},{sets};依据:{campaign.basis}"


def _routing(policy: Policy) -> Iterator[Part]:
    routing = policy.routing
    if routing.principles:
        must = ",每次交办须写明" if routing.principle_required else ""
        yield f"分办原则,依次:{'、'.join(routing.principles)}{must};依据:{routing.basis}"
    if routing.send_back_within:
        yield f"退件须在交办后{write_limit(routing.send_back_within)}内;依据:{routing.basis}"
    if routing.send_back_times is not None:
        yield f"退件最多{routing.send_back_times}次;依据:{routing.basis}"
    yield from _gates(policy, Point.ASSIGN)


def _gates(policy: Policy, *points: Point) -> Iterator[str]:
    titles = {checklist.id: checklist for checklist in policy.checklists}
    for gate in policy.gates:
        if gate.before not in points:
            continue
        yield f"{gate_text(gate)};依据:{gate.basis}"
        for name in gate.checklists:
            listed = titles[name]
            items = "、".join(listed.items) or "原文只有名称,各项由本地填写"
            yield f"  「{listed.title}」:{items};依据:{listed.basis}"


def _limits(policy: Policy) -> Iterator[Part]:
    basis = f";依据:{policy.time_basis}" if policy.time_basis else ""
    yield from (f"{text}{basis}" for text in _counted(policy.time))
    sheet = Sheet("", ("时限", "起止", "情形", "规定", "依据"))
    for clock in policy.clocks:
        main = "★" if clock.id == policy.main_clock else ""
        for row in clock.limits.rows:
            said = (when(row.conditions), limit_text(row.value), row.value.basis)
            sheet.add(f"{clock.title}{main}", span(clock, row.value), *said)
    yield sheet
    yield "★ 为主时限"
    for clock in policy.clocks:
        if clock.inside:
            outer = policy.title_of(clock.inside)
            left = f"为「{outer}」留出{write_limit(clock.leaving)}" if clock.leaving else ""
            yield f"「{clock.title}」须{left or f'在「{outer}」之内'},冲突时提前"


def _counted(time: TimeRules) -> Iterator[str]:
    if time.counting is not Counting.INTERNAL:
        yield f"计算规则:{_COUNTED[time.counting]}"
    if time.day_end:
        yield f"到期日止于{time.day_end:%H:%M}"
    if time.cutoff:
        yield f"{time.cutoff:%H:%M}之后收到的,算作次日收到"
    if time.office_hours:
        spans = (f"{opens:%H:%M}至{closes:%H:%M}" for opens, closes in time.office_hours)
        yield f"办公时间:{'、'.join(spans)}"


def _replying(policy: Policy) -> Iterator[Part]:
    yield from _gates(policy, Point.REPORT, Point.PUBLISH)
    for step in policy.last_steps:
        yield f"{when(step.conditions)}的,不公开回复而报送{step.to};依据:{step.basis}"
    reply = policy.reply
    yield from (_wording("应避免", x) for x in reply.avoided)
    yield from (_wording("应写明", x) for x in (*reply.parts, *reply.courtesy))


def _wording(verb: str, wording: Wording) -> str:
    words = f":{'、'.join(wording.words)}" if wording.words else ""
    return f"回复{verb}「{wording.title}」{words}(提示,不拦截);依据:{wording.basis or '选择'}"


def _grounds(policy: Policy) -> Iterator[Part]:
    for reason in policy.decline_reasons:
        left = [x.title for x in policy.measures if reason.code in x.excluding]
        counts = "计入回复率" if reason.counts_as_replied else "不计入回复率"
        out = f",不计入{'、'.join(left)}" if left else ""
        way = f",去向:{reason.diverts_to}" if reason.diverts_to else ""
        yield f"不予受理:{reason.title}({reason.code}),{counts}{out}{way};依据:{reason.basis}"
    for pause in policy.pause_reasons:
        held = "".join(f"「{policy.title_of(clock)}」" for clock in pause.clocks) or "全部时限"
        most = f"停{held},累计至多{write_limit(pause.at_most)},{_who(pause.approver)}批准"
        yield f"中止:{_for(pause.conditions)}{pause.title},{most};依据:{pause.basis}"
    for rule in policy.extensions:
        most = f"最多{rule.times}次,累计至多{write_limit(rule.at_most)}"
        title = policy.title_of(rule.clock)
        yield f"延期:{_for(rule.conditions)}「{title}」{most},{_who(rule.approver)}批准;依据:{rule.basis}"


def _who(office: str) -> str:
    return "办公室" if office == OFFICE else office_title(office)


def _for(conditions: Iterable[Condition]) -> str:
    """「咨询/建议的,」; nothing where it applies to all."""
    case = when(conditions)
    return "" if case == EVERY else f"{case}的,"


def _ladder(policy: Policy) -> Iterator[Part]:
    for rung in policy.rungs:
        to = "、".join(map(_who, rung.to))
        case = _for(rung.conditions)
        where = f"「{policy.title_of(rung.clock)}」{write_moment(rung.at)}"
        yield f"阶梯:{case}{where},{rung.act.label},告知{to};依据:{rung.basis}"
    if policy.supervision.issuers:
        issuers = "、".join(policy.supervision.issuers)
        yield f"督办单须由{issuers}共同签发;依据:{policy.supervision.basis}"
    for cause in policy.accountability:
        yield f"问责情形:{cause.title}({cause.code});依据:{cause.basis}"


def _schedules(policy: Policy) -> Iterator[Part]:
    yield from map(_schedule, policy.schedules)


def schedule_text(schedule: Schedule) -> str:
    """One schedule without its basis: 「每日清单:每日11:00,11:00截止(不含),11:20交办」."""
    closes = ""
    if schedule.closes:
        bound = "含" if schedule.closes_inclusive else "不含"
        closes = f",{schedule.closes:%H:%M}截止({bound})"
    handed = f",{schedule.handed_over:%H:%M}交办" if schedule.handed_over else ""
    to = f",报送{'、'.join(map(_who, schedule.to))}" if schedule.to else ""
    return f"{schedule.kind.label}:{write_cadence(schedule.cadence)}{closes}{handed}{to}"


def _schedule(schedule: Schedule) -> str:
    return f"{_for(schedule.conditions)}{schedule_text(schedule)};依据:{schedule.basis}"


def schedule_names(policies: Iterable[Policy]) -> Mapping[str, str]:
    """What each schedule is called, by its id; with the id where two are called the same."""
    kinds = {x.id: x.kind.label for policy in policies for x in policy.schedules}
    labels = list(kinds.values())
    return {x: f"{kind}({x})" if labels.count(kind) > 1 else kind for x, kind in kinds.items()}


def measure_text(rule: MeasureRule, policy: Policy) -> str:
    """One rate without its basis: 「有效办结率 = 办结 ÷ 收到,不含涉法涉诉,目标95%」."""
    left = [policy.decline_reason(code).title for code in rule.excluding]
    out = f",不含{'、'.join(left)}" if left else ""
    aim = f",目标{rule.target}%" if rule.target else ""
    return f"{rule.title} = {COUNTS[rule.part]} ÷ {COUNTS[rule.whole]}{out}{aim}"


def _measures(policy: Policy) -> Iterator[Part]:
    for rule in policy.measures:
        yield f"{measure_text(rule, policy)};依据:{rule.basis}"
    if policy.ranking != RankingRule():
        ranked = "、".join(RANKED_BY.get(name, name) for name in policy.ranking.by)
        yield f"单位排名依次比较:{ranked};依据:{policy.ranking.basis}"


def _kept(policy: Policy) -> Iterator[Part]:
    if (rule := policy.retention) is not None:
        yield f"办结后保存{rule.years}年,期满以前不删除个人信息;依据:{rule.basis}"


def _units(units: Units) -> Iterator[Part]:
    if units.all:
        yield f"共{len(units.all)}个:{'、'.join(unit.name for unit in units)}"


def document(policy: Policy) -> dict[str, object]:
    """The provisions that have no shape of their own in JSON, as the page says them."""
    return {
        "systems": list(policy.systems),
        "silent": list(policy.silent),
        "campaigns": [{**attrs.asdict(x, recurse=False), **_days(x)} for x in policy.campaigns],
        "routing": {
            "principles": list(policy.routing.principles),
            "principle_required": policy.routing.principle_required,
            "send_back_times": policy.routing.send_back_times,
        },
        "last_steps": [{"to": x.to, "when": when(x.conditions)} for x in policy.last_steps],
        "checklists": [
            {"id": x.id, "title": x.title, "items": list(x.items)} for x in policy.checklists
        ],
        "supervision": list(policy.supervision.issuers),
        "accountability": [{"code": x.code, "title": x.title} for x in policy.accountability],
        "schedules": [
            {"id": x.id, "kind": x.kind.value, "every": write_cadence(x.cadence)}
            for x in policy.schedules
        ],
        "measures": [
            {"id": x.id, "part": x.part, "whole": x.whole, "excluding": list(x.excluding)}
            for x in policy.measures
        ],
        "retention": {"years": policy.retention.years} if policy.retention else None,
        "choices": list(choices(policy)),
    }


def _days(campaign: Campaign) -> dict[str, str | None]:
    return {
        "first": campaign.first.isoformat() if campaign.first else None,
        "until": campaign.until.isoformat() if campaign.until else None,
    }
