"""The office's diary (值班日志): the keys of its lines, log-ins of a polling duty, special reports.

Every key says what a line is and of when, so that a thing done twice, or by two at once, stands once.
Instants in keys are UTC and of one width: keys sort as time goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

import attrs

from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.announcements import special_text
from wenzheng_core.domain.cadences import AtOnce, Duty
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.errors import ArgumentError, ConflictError, RefusedError, require_text
from wenzheng_core.domain.escalation import OFFICE
from wenzheng_core.domain.instants import at_local, end_of, utc
from wenzheng_core.domain.policies import Policy
from wenzheng_core.domain.schedules import ReportKind, Schedule, missing_polls
from wenzheng_core.domain.stages.keeping import require_processable
from wenzheng_core.domain.units import Units
from wenzheng_core.ports import JSON, Entry, Outgoing, Storage
from wenzheng_core.retrying import in_transaction

REPORT = "report"
"""The channel by which what is made on a schedule goes to the offices that it is for."""

REPORTERS = frozenset({Role.OFFICE, Role.SUPERVISOR, Role.SYSTEM})
"""Who may lay a case before the leaders out of its turn, or log a polling of a platform."""

_POLLS = "poll/"
_BEYOND = "~"  # above every digit, with which an instant begins


def stamp(instant: datetime) -> str:
    """An instant in a key: ``2017-05-12T04:00:00.000000Z``."""
    return f"{utc(instant).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def run_key(schedule: str, run: datetime) -> str:
    """The key of what was made of a schedule by a run."""
    return f"run/{schedule}/{stamp(run)}"


def start_key(schedule: str) -> str:
    """The key of the line that says from when on a schedule is kept."""
    return f"start/{schedule}"


def find(storage: Storage, key: str) -> Entry | None:
    """The line of that very key; None if there is none."""
    found = storage.entries(key, limit=1)  # of all keys that begin with it, it is the least
    return found[0] if found and found[0].key == key else None


def enter_once(storage: Storage, entry: Entry, outgoing: Sequence[Outgoing] = ()) -> Entry:
    """Enter a line with what it tells; where it stands already, the line that stands."""
    try:
        in_transaction(storage, lambda transaction: transaction.enter([entry], outgoing))
    except ConflictError:
        standing = find(storage, entry.key)
        if standing is None:
            raise
        return standing
    return entry


@attrs.frozen
class Telling:
    """One text for some offices, from an instant on; ``case_id`` is "" where it is of no one case."""

    to: tuple[str, ...]
    text: str
    ready_at: datetime
    case_id: str = ""

    def items(self, key: str, units: Units) -> list[Outgoing]:
        """What goes out, under keys that follow from that of the line in the diary."""
        return [
            Outgoing(
                key=f"{key}/{place}",
                case_id=self.case_id,
                channel=REPORT,
                to=to,
                text=self.text,
                ready_at=self.ready_at,
            )
            for place, to in enumerate(addressees(self.to, units))
        ]


def addressees(offices: Sequence[str], units: Units) -> tuple[str, ...]:
    """Every unit's holder of an office that units have, as ``unit/office``; any other as it is.

    A bulletin for ``unit_head`` goes to the heads of all units (长沙: "下发至全市各级各部门").
    """
    return tuple(
        dict.fromkeys(
            to
            for office in offices
            for to in [f"{u.id}/{office}" for u in units if office in u.offices] or [office]
        )
    )


# Polling


def log_poll(storage: Storage, source: str, at: datetime, now: datetime, actor: Actor) -> Entry:
    """Enter that somebody looked at a platform; the same again is the same line.

    The line says when it was entered, too: what is put down afterwards is seen to be.
    """
    require_text(source, "source")
    if "/" in source:
        raise ArgumentError("source", f"平台名称不能含「/」:{source}")
    _require_reporter(actor, "登记登录查看")
    if at > now:
        raise RefusedError("poll.future", "登录查看的时间晚于现在,不能预先登记")
    key = f"{_POLLS}{source}/{stamp(at)}/{actor.id}"
    body: dict[str, JSON] = {"source": source, "by": actor.id, "entered": stamp(now)}
    return enter_once(storage, Entry(key, at, body))


def polls(storage: Storage, day: date) -> Iterator[Entry]:
    """The log-ins of a day in Beijing, source by source. Costs what the day has, and the sources."""
    first, until = stamp(at_local(day)), stamp(end_of(day))
    after = ""
    while found := storage.entries(_POLLS, after, 1):
        source = found[0].key.split("/")[1]
        yield from _between(storage, f"{_POLLS}{source}/", first, until)
        after = f"{_POLLS}{source}/{_BEYOND}"


def _between(storage: Storage, prefix: str, first: str, until: str) -> Iterator[Entry]:
    after = prefix + first
    while page := storage.entries(prefix, after):
        for entry in page:
            if entry.key >= prefix + until:
                return
            yield entry
        after = page[-1].key


def missing_by_duty(storage: Storage, policy: Policy, day: date) -> dict[str, int]:
    """How many log-ins a day lacks, by the id of each polling duty.

    A log-in at whatever platform counts for every duty: no text asks for one of its own (a choice).
    """
    logins = [entry.at for entry in polls(storage, day)]
    duties = [(s.id, s.cadence) for s in policy.schedules if isinstance(s.cadence, Duty)]
    return {name: missing_polls(duty, logins, day) for name, duty in duties}


# Special reports


def special_line(
    case: Case, schedule: Schedule, policy: Policy, actor: Actor, at: datetime
) -> tuple[Entry, Telling]:
    """The line of a case that is laid before those whom the policy names, and what they are told.

    Raises RefusedError for a restricted case and for whoever may not report.
    """
    _require_reporter(actor, "专题呈报")
    require_processable(case)
    to = schedule.to or (OFFICE,)
    key = f"special/{schedule.id}/{case.id}/{case.version:06d}"
    body = {
        "schedule": schedule.id,
        "kind": schedule.kind.value,
        "policy": policy.version,
        "by": actor.id,
        "to": to,
        "case": case.id,
        "version": case.version,
        "state": case.state.value,
    }
    telling = Telling(to, special_text(schedule.kind.label, case), utc(at), case.id)
    return Entry(key, at, body), telling


def special_schedule(policy: Policy, wanted: str = "") -> Schedule:
    """The schedule of special reports of that id; the first if none is named. Raises RefusedError."""
    found = [s for s in policy.schedules if _is_special(s)]
    for schedule in found:
        if wanted in ("", schedule.id):
            return schedule
    known = "、".join(s.id for s in found) or "无"
    raise RefusedError("special.none", f"本办法没有规定「{wanted or '专题呈报'}」;现有:{known}")


def _is_special(schedule: Schedule) -> bool:
    return schedule.kind is ReportKind.SPECIAL and isinstance(schedule.cadence, AtOnce)


def _require_reporter(actor: Actor, what: str) -> None:
    if actor.role not in REPORTERS:
        allowed = "、".join(sorted(role.label for role in REPORTERS))
        raise RefusedError("workflow.role", f"「{what}」须由{allowed}作出,{actor.role.label}无权")
