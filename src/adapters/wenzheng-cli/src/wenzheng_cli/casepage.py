"""One case as a page and as data: message, facts, clocks with their reasons, cards, history."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
from rich.console import Console

from wenzheng_cli.histories import WHO, awaited, boundless, event_text
from wenzheng_cli.policypage import SOFT
from wenzheng_cli.terminal import Sheet, terminal
from wenzheng_cli.withholding import shown_message, shown_records
from wenzheng_cli.writing import instant, line, print_lines
from wenzheng_core import (
    Case,
    Clock,
    Deadline,
    Office,
    Record,
    Role,
    remaining,
    show_due,
    write_limit,
)
from wenzheng_core.domain.cases import Fired
from wenzheng_core.domain.instants import show_instant
from wenzheng_core.domain.reasons import reason
from wenzheng_core.wire import record_to_dict


def clock_lines(office: Office, case: Case, clock: Clock) -> tuple[str, ...]:
    """Why a clock is due when it is, in Chinese, the row that won first."""
    return reason(clock, office.rules_of(case)).lines


def case_document(
    office: Office, case: Case, records: Sequence[Record], *, explained: bool
) -> dict[str, Any]:
    """The case as JSON; what the citizen left privately is not in it.

    Of a restricted case the citizen's words are not, either.
    """
    message, units = shown_message(case), office.city.units
    return {
        "id": case.id,
        "message": f"{message.source}/{message.external_id}",
        "title": message.title,
        "body": message.body,
        "restricted": case.restricted,
        "posted_at": instant(message.posted_at),
        "opened": instant(case.opened),
        "state": case.state.value,
        "state_label": case.state.label,
        "policy": {"id": case.policy, "version": case.policy_version, "digest": case.policy_digest},
        "facts": case.facts,
        "lead": case.lead,
        "lead_name": units.name(case.lead),
        "reply": case.reply,
        "decline_reason": case.decline_reason,
        "rating": case.rating,
        "next_wake": instant(case.next_wake),
        "clocks": [_clock_document(office, case, c, explained=explained) for c in case.clocks],
        "cards": [
            {
                **attrs.asdict(fired),
                "act": fired.act.value,
                "label": fired.act.label,
                "whom_name": _whom(office, fired),
                "scheduled": instant(fired.scheduled),
                "withdrawn_at": instant(fired.withdrawn_at),
            }
            for fired in case.ladder
        ],
        "history": [
            _record_document(office, case, record) for record in shown_records(case, records)
        ],
    }


def _record_document(office: Office, case: Case, record: Record) -> dict[str, Any]:
    document = record_to_dict(record)
    document["at"] = instant(record.at)
    policy, units = office.policy_of(case), office.city.units
    title, detail = event_text(record.event, policy, units, case.commitments)
    return {**document, "title": title, "detail": detail}


def _clock_document(office: Office, case: Case, clock: Clock, *, explained: bool) -> dict[str, Any]:
    promise = awaited(clock, office.policy_of(case))
    document = {
        "clock": clock.id,
        "title": office.policy_of(case).title_of(clock.id),
        "unit": clock.unit,
        "epoch": clock.epoch,
        "row": clock.row,
        "limit": write_limit(clock.limit) if clock.limit else None,
        "promise": promise.value if promise else None,
        "soft": clock.soft,
        "basis": clock.basis,
        "started": instant(clock.started),
        "due": instant(clock.due),
        "display": show_due(clock.due) if clock.due else None,
        "provisional": clock.awaits is not None,
        "not_before": instant(clock.not_before),
        "stopped": instant(clock.stopped),
        "met": clock.met,
        "breached": clock.breached(office.clock.now()),
        "remaining": _left(office, case, clock),
    }
    if explained:
        document["explanation"] = list(clock_lines(office, case, clock))
    return document


def _whom(office: Office, fired: Fired) -> str:
    """Whom a rung reproaches or reminds."""
    return office.city.units.name(fired.whom) or Role.OFFICE.label


def _left(office: Office, case: Case, clock: Clock) -> str | None:
    if clock.due is None or clock.limit is None or not clock.running:
        return None
    if clock.paused_since is not None:
        return "中止中"
    ends = Deadline(clock.limit, clock.started, clock.due, clock.calendar)
    rules = office.policy_of(case).time
    return str(remaining(ends, office.clock.now(), office.calendar, rules))


def print_case(office: Office, case: Case, records: Sequence[Record], *, explained: bool) -> None:
    """The case as a page."""
    console, message, units = terminal(), shown_message(case), office.city.units
    number = f"{message.source}/{message.external_id}"
    policy = office.policy_of(case)
    print_lines(
        f"{line(message.title)}({number})",
        f"办件 {case.id};{case.state.label};{show_instant(case.opened)} 收到",
        f"依据 {policy.title} {case.policy_version}",
    )
    if case.facts:
        titles = {column.name: column.title or column.name for column in policy.columns}
        print_lines(";".join(f"{titles.get(k, k)}:{v}" for k, v in case.facts.items()))
    if case.lead:
        print_lines(f"主办单位:{units.name(case.lead)}")
    _print_clocks(console, office, case)
    for fired in case.ladder:
        tail = f"(已撤销:{line(fired.withdrawn)})" if fired.withdrawn else ""
        print_lines(
            f"{fired.act.label}:{_whom(office, fired)},{show_instant(fired.scheduled)}{tail}"
        )
    if explained:
        for clock in case.clocks:
            whom = f"({units.name(clock.unit)})" if clock.unit else ""
            print_lines("", f"「{policy.title_of(clock.id)}」{whom}为何此时到期:")
            print_lines(*clock_lines(office, case, clock))
    sheet = Sheet("\n经过", ("时间", "谁", "事项", "内容"))
    for record in shown_records(case, records):
        title, detail = event_text(record.event, policy, units, case.commitments)
        who = line(WHO.get(record.actor, record.actor))
        sheet.add(show_instant(record.at), who, title, line(detail, 60))
    sheet.show(console)


def _print_clocks(console: Console, office: Office, case: Case) -> None:
    sheet = Sheet("\n时限", ("时限", "单位", "规定", "起算", "到期", "结果"))
    policy = office.policy_of(case)
    now = office.clock.now()
    for clock in case.clocks:
        result = _left(office, case, clock) or (
            f"{show_instant(clock.stopped)} 止" if clock.stopped else boundless(clock, policy)
        )
        result += ",已超期" if not clock.running and clock.breached(now) else ""
        sheet.add(
            policy.title_of(clock.id) + (SOFT if clock.soft else ""),
            office.city.units.name(clock.unit),
            write_limit(clock.limit) if clock.limit else "—",
            show_instant(clock.started),
            (show_due(clock.due) + ("(暂定)" if clock.awaits else "")) if clock.due else "—",
            result,
        )
    sheet.show(console)
