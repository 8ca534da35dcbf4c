"""``wenzheng due``: when a limit ends, and why."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Annotated, Any

import attrs
import typer

from wenzheng_cli.errors import BadInputError
from wenzheng_cli.options import FactPairs, Json
from wenzheng_cli.reading import DAY_EXAMPLE, read_day, read_facts, read_hours, read_time
from wenzheng_cli.writing import instant, print_json
from wenzheng_core import (
    Calendar,
    Deadline,
    Explanation,
    Plugins,
    Policy,
    RefusedError,
    TimeRules,
    build_calendar,
    deadline,
    explain,
    load_plugins,
    parse_limit,
    remaining,
    show_due,
    write_limit,
)
from wenzheng_core.domain.clockrules import ClockRule, TimeLimit
from wenzheng_core.domain.limits import WorkingHours
from wenzheng_core.domain.tables import Choice, complete


@attrs.frozen(kw_only=True)
class Answer:
    """One limit with its deadline; ``ends`` is None where the policy gives no limit."""

    explanation: Explanation | None
    clock: ClockRule | None = None
    choice: Choice[TimeLimit] | None = None
    rules: TimeRules = TimeRules()

    @property
    def ends(self) -> Deadline | None:
        """The deadline."""
        return self.explanation.deadline if self.explanation else None

    @property
    def lines(self) -> list[str]:
        """The whole explanation in Chinese, a line a step: the row that won, then the days."""
        lines: list[str] = []
        if self.clock and self.choice:
            row = self.choice.value
            span = f"{self.clock.starts.label}至{self.clock.stops.label}"
            lines.append(f"时限名:{self.clock.title}({self.clock.id}),{span}")
            lines.append(f"适用:{self.choice.row};依据:{row.basis}")
            lines += [f"选择:{text}" for text in (self.clock.choice, row.choice) if text]
            lines += ["一般要求:只提醒和统计,不亮红牌"] if row.soft else []
            lines += ["上限:办公室可就个案另定更短的时限"] if row.office_may_shorten else []
            lines += [f"没有时限:{row.no_limit}"] if row.within is None else []
            lines += [
                f"候选:{c.row} {c.verdict.label}{f'({c.why})' if c.why else ''}"
                for c in self.choice.candidates
            ]
        return [*lines, *(self.explanation.lines if self.explanation else ())]

    def document(self) -> dict[str, Any]:
        """The answer as JSON."""
        ends, row = self.ends, self.choice.value if self.choice else None
        within = ends.limit if ends else None
        return {
            "due": instant(ends.due) if ends else None,
            "due_day": ends.due_day.isoformat() if ends else None,
            "display": show_due(ends.due) if ends else None,
            "provisional": ends.provisional if ends else False,
            "not_before": instant(ends.not_before) if ends else None,
            "awaits": ends.awaits if ends else None,
            "limit": write_limit(within) if within else None,
            "soft": bool(row and row.soft),
            "clock": self.clock.id if self.clock else None,
            "title": self.clock.title if self.clock else None,
            "row": self.choice.row if self.choice else None,
            "basis": row.basis if row else None,
            "explanation": self.lines,
            "runs": [_run(run) for run in self.explanation.runs] if self.explanation else [],
            "candidates": [
                {"row": c.row, "verdict": c.verdict.value, "why": c.why}
                for c in (self.choice.candidates if self.choice else ())
            ],
        }


def _run(run: Any) -> dict[str, Any]:
    return {
        "first": run.first.isoformat(),
        "last": run.last.isoformat(),
        "counted": run.counted,
        "kind": run.kind,
        "name": run.name,
        "notice": run.notice,
        "settled": run.settled,
        "text": run.text,
    }


def due(  # noqa: PLR0913, PLR0917 - every option of the command
    start: Annotated[str, typer.Option("--from", help="起算时间;不写时区即北京时间。")],
    limit: Annotated[str | None, typer.Argument(help="时限,如 5个工作日、7日、24小时。")] = None,
    city: Annotated[str | None, typer.Option("--city", help="按此城市办法确定时限。")] = None,
    fact: FactPairs = None,
    clock: Annotated[str | None, typer.Option("--clock", help="哪一个时限;不写即主时限。")] = None,
    at: Annotated[str | None, typer.Option("--at", help="在此时刻还剩多少。")] = None,
    calendar: Annotated[str | None, typer.Option("--calendar", help="日历,默认 cn。")] = None,
    known_on: Annotated[
        str | None, typer.Option("--known-on", help="按此日已公布的放假安排计算。")
    ] = None,
    office_hours: Annotated[
        str | None,
        typer.Option(
            "--office-hours", help="办公时间,如 09:00-12:00,14:00-18:00;按工作小时计时用。"
        ),
    ] = None,
    explained: Annotated[bool, typer.Option("--explain", help="逐日说明理由。")] = False,
    as_json: Json = False,
) -> None:
    """When a limit ends, and why."""
    _require_one_question(limit, city, of_city=bool(fact or clock), office_hours=office_hours)
    hours = read_hours(office_hours, "--office-hours") if office_hours else ()
    begun = read_time(start, "--from")
    now = read_time(at, "--at") if at else None
    known = read_day(known_on, "--known-on") if known_on else None
    plugins = load_plugins()
    if city is None:
        days = _calendar(plugins, calendar or "cn", known)
        answers = [_counted(str(limit), begun, days, TimeRules(office_hours=hours))]
    else:
        policy = plugins.city(city).versions.in_force(begun)
        days = _calendar(plugins, calendar or policy.calendar, known)
        answers = list(_of_city(policy, read_facts(fact or ()), clock, begun, days))
    if as_json:
        _print_json(answers, now, days, of_city=city is not None)
    else:
        _print_text(answers[0], now, days, explained=explained)


def _require_one_question(
    limit: str | None, city: str | None, *, of_city: bool, office_hours: str | None
) -> None:
    if (limit is None) == (city is None):
        raise typer.BadParameter("请给出时限,或用 --city 给出城市,二者取一", param_hint="LIMIT")
    if city is None and of_city:
        raise typer.BadParameter("--fact 与 --clock 须与 --city 同用", param_hint="LIMIT")
    if city is not None and office_hours:
        raise typer.BadParameter("办公时间由城市办法规定", param_hint="--office-hours")


def _calendar(plugins: Plugins, name: str, known_on: date | None) -> Calendar:
    built = plugins.calendar(name)
    if known_on is None:
        return built
    data = built.data.known_on(known_on)
    if not any(edition.year for edition in data.editions):
        day = known_on.isoformat()
        raise BadInputError("--known-on", day, "之前没有公布过放假安排", DAY_EXAMPLE)
    return build_calendar(data)


def _counted(text: str, begun: datetime, days: Calendar, rules: TimeRules) -> Answer:
    limit = parse_limit(text)
    if isinstance(limit, WorkingHours) and not rules.office_hours:
        raise BadInputError(
            "LIMIT", text, "须有办公时间", "5个工作日,或加 --office-hours 09:00-12:00,14:00-18:00"
        )
    ends = deadline(limit, begun, days, rules)
    return Answer(explanation=explain(ends, days, rules), rules=rules)


def _of_city(
    policy: Policy, facts: dict[str, str], clock: str | None, begun: datetime, days: Calendar
) -> Iterator[Answer]:
    """The clock that is asked for, then every other one for which the facts suffice."""
    full = complete(policy.columns, facts)
    main = policy.clock(clock or policy.main_clock)
    yield _of_clock(policy, main, full, begun, days)
    for rule in policy.clocks:
        if rule is main:
            continue
        try:
            yield _of_clock(policy, rule, full, begun, days)
        except RefusedError as refused:
            if refused.rule != "facts.missing":
                raise


def _of_clock(
    policy: Policy, rule: ClockRule, facts: dict[str, str], begun: datetime, days: Calendar
) -> Answer:
    choice = policy.limit(rule.id, facts)
    if choice.value.within is None:
        return Answer(explanation=None, clock=rule, choice=choice)
    rules: TimeRules = policy.time
    ends = deadline(choice.value.within, begun, days, rules)
    return Answer(explanation=explain(ends, days, rules), clock=rule, choice=choice, rules=rules)


def _print_json(
    answers: list[Answer], now: datetime | None, days: Calendar, *, of_city: bool
) -> None:
    document = answers[0].document()
    ends = answers[0].ends
    if now is not None and ends is not None:
        left = remaining(ends, now, days, answers[0].rules)
        document["remaining"] = {**attrs.asdict(left), "at": instant(now), "text": str(left)}
    if of_city:
        document["clocks"] = [answer.document() for answer in answers if answer.ends]
    print_json(document)


def _print_text(answer: Answer, now: datetime | None, days: Calendar, *, explained: bool) -> None:
    ends = answer.ends
    if ends is None:
        print("本办法没有规定时限")
    else:
        print(show_due(ends.due))
        if ends.not_before is not None and not explained:
            print(f"暂定:{ends.awaits}年放假安排尚未公布;最早不早于{show_due(ends.not_before)}")
        if now is not None:
            print(remaining(ends, now, days, answer.rules))
    if explained:
        print("\n".join(answer.lines))


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("due", help="时限何时届满,为什么;给出时限,或给出城市与分类。")(due)
