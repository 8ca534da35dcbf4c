"""Two offices, one matter: a unit of the upper office is itself an office that hands on and answers.

A case that is handed down opens a case in the lower office, where its own rules, gates and limits
hold; what that office answers becomes the report of the unit in the upper one. Nothing is shared:
each office keeps its own history, and both calls may be repeated at will.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from wenzheng_core.domain.actors import Actor, Role
from wenzheng_core.domain.cases import Case, Holding
from wenzheng_core.domain.commands import Report
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.domain.events import Reopened, ReplyProposed, Reported
from wenzheng_core.domain.messages import Message, SourceKind
from wenzheng_core.domain.stages.keeping import require_processable
from wenzheng_core.domain.workflow import ANSWERED, State
from wenzheng_core.office import Office
from wenzheng_core.outcomes import Outcome
from wenzheng_core.questions import case_id_of


def hand_down(
    parent: Office,
    case_id: str,
    unit: str,
    child: Office,
    *,
    at: datetime | None = None,
    facts: Mapping[str, str] | None = None,
) -> Outcome:
    """Open a case in the lower office for a case that ``unit`` holds in the upper one.

    The message is the citizen's own, with what they left to be reached by: the lower office must
    reach them. It is known by the upper case, the round of its assignment and the unit, so that
    handing it down again changes nothing. Raises UnknownError, and RefusedError for a unit that does not hold
    the case, and once the case is restricted or the citizen's data erased from it.
    """
    case = parent.case(case_id)
    require_processable(case)
    if case.erased:
        raise RefusedError("personal.erased", "本件的个人信息已经删除,不能再交办下级")
    holding = _last_holding(case, unit)
    if holding is None:
        raise _not_holder(parent, unit)
    message = Message(
        source=parent.storage.tenant,
        external_id=f"{case.id}/{holding.round}/{unit}",
        title=case.message.title,
        body=case.message.body,
        posted_at=case.message.posted_at,
        author=case.message.author,
        addressed_to=parent.city.units.name(unit),
        contact=case.message.contact,
        kind=SourceKind.UPPER_OFFICE,
    )
    known = case_id_of(child.storage.tenant, message.source, message.external_id)
    if holding.until is not None and child.storage.case(known) is None:
        raise _not_holder(parent, unit)
    return child.receive(message, facts=facts, at=at)


def hand_up(
    parent: Office,
    child: Office,
    child_case_id: str,
    *,
    unit: str,
    actor_id: str,
    at: datetime | None = None,
) -> Outcome:
    """Report to the upper office, as ``unit`` there, what the lower office found and answered.

    The same answer handed up again by the same actor changes nothing; one that was given after the
    lower case was reopened is reported anew. Raises UnknownError, and RefusedError for a case that
    is not answered, is restricted, came from elsewhere, or that the unit no longer holds as it did
    then.
    """
    below = child.case(child_case_id)
    require_processable(below)
    case_id, number = _origin(parent, below, unit)
    if not _answered(below):
        raise RefusedError("relay.unanswered", f"下级尚未答复(「{below.state.label}」),不能上报")
    holding = _last_holding(parent.case(case_id), unit)
    if holding is None or holding.round != number:
        raise _not_holder(parent, unit)
    return parent.execute(
        case_id,
        Report(findings=_findings(child, below), proposed_reply=below.reply),
        actor=Actor(actor_id, Role.UNIT, unit=unit),
        key=f"relay/{child.storage.tenant}/{below.id}/{below.epoch}",
        at=at,
    )


def _last_holding(case: Case, unit: str) -> Holding | None:
    return next((h for h in reversed(case.holdings) if h.unit == unit), None)


def _not_holder(parent: Office, unit: str) -> RefusedError:
    name = parent.city.units.name(unit)
    return RefusedError("relay.not_holder", f"{name}不是上级办件的承办单位,或已不再承办那一次交办")


def _origin(parent: Office, below: Case, unit: str) -> tuple[str, int]:
    """The upper case from which a lower one came to the unit, and the round of its assignment."""
    message = below.message
    case_id, number, to = (*message.external_id.split("/", 2), "", "", "")[:3]
    relayed = message.kind is SourceKind.UPPER_OFFICE and message.source == parent.storage.tenant
    if not relayed or to != unit or not number.isdecimal():
        raise RefusedError("relay.stranger", "这一办件不是由该上级交办给这一单位的")
    return case_id, int(number)


def _answered(below: Case) -> bool:
    """Whether the lower office has answered; a message that it declined goes back by a return."""
    if below.state is State.ARCHIVED:
        return bool(below.reply) and not below.decline_reason
    return below.state in ANSWERED


def _findings(child: Office, below: Case) -> str:
    """What the lower office's lead unit found; the answer itself where no unit reported for it."""
    for record in reversed(child.history(below.id)):
        match record.event:
            case Reported(lead=True, findings=findings):
                return findings
            case ReplyProposed() | Reopened():
                break
            case _:
                continue
    return below.reply
