"""A report as one document for programs."""

from __future__ import annotations

from collections import Counter
from typing import Any

from wenzheng_core.domain.calendars import Calendar
from wenzheng_core.proofs.reports import Counterexample, Line, Report
from wenzheng_core.proofs.verifying import known

FORM = "wenzheng.report/1"


def document(report: Report, calendar: Calendar | None = None) -> dict[str, Any]:
    """The report as a mapping for JSON; ``calendar`` says which days it was examined on."""
    return {
        "form": FORM,
        "policy": report.policy,
        "version": report.version,
        "title": report.title,
        "digest": report.digest,
        "calendar": report.calendar,
        "calendar_digest": report.calendar_digest or None,
        "days": _days(calendar),
        "profile": report.profile,
        "seed": report.seed,
        "kit": report.kit,
        "sound": report.sound,
        "counts": dict(Counter(line.status.value for line in report.lines)),
        "lines": [_line(line) for line in report.lines],
    }


def _days(calendar: Calendar | None) -> dict[str, str] | None:
    if calendar is None:
        return None
    return {"first": calendar.first.isoformat(), "until": calendar.settled_until.isoformat()}


def _line(line: Line) -> dict[str, Any]:
    of, outcome = known(line.property), line.outcome
    return {
        "id": of.id,
        "title": of.title,
        "statement": of.statement,
        "required": of.required,
        "since": of.since,
        "status": line.status.value,
        "label": line.status.label,
        "grade": outcome.grade.value if line.examined() else None,
        "checked": outcome.checked if line.examined() else None,
        "domain": outcome.domain,
        "absent": outcome.absent or None,
        "waiver": line.waiver or None,
        "failures": [_failure(failure) for failure in outcome.failures],
    }


def _failure(failure: Counterexample) -> dict[str, Any]:
    return {
        "text": failure.text,
        "where": failure.where or None,
        "mend": failure.mend or None,
        "inputs": dict(failure.inputs),
        "count": failure.count,
    }
