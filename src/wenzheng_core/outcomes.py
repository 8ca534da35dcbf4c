"""What a request brought about, and what is looked at before it is decided."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from itertools import takewhile

import attrs

from wenzheng_core import wire
from wenzheng_core.domain.actors import Actor
from wenzheng_core.domain.cases import Case
from wenzheng_core.domain.commands import Command, Link, Merge, Revise
from wenzheng_core.domain.errors import ArgumentError, KeyReusedError, RefusedError, UnknownError
from wenzheng_core.domain.events import ClockStarted, MessageRevised, Record
from wenzheng_core.domain.evolving import fold
from wenzheng_core.domain.messages import PARTS, Contact, Message
from wenzheng_core.ports import Answer, Transaction


@attrs.frozen
class Outcome:
    """What a request brought about.

    Attributes:
        case: the case after it.
        records: what happened, in order; the automatic consequences included.
        repeated: the same request had been carried out before. A repeated command gives its first
            answer: the case as it stood then. A repeated message gives the case as it stands now,
            with the records of its opening; one with another text is no repetition.
    """

    case: Case
    records: tuple[Record, ...]
    repeated: bool = False


def as_exported(message: Message, case: Case) -> Message:
    """A message of an export, which shows no contact: with that of the case's copy that reads the same.

    Of no copy, with the latest one's; a message with a contact is as it is.
    """
    if message.contact != Contact():
        return message
    copies = [revision.message for revision in reversed(case.revisions)] + [case.message]
    same = (copy for copy in copies if (copy.title, copy.body) == (message.title, message.body))
    return attrs.evolve(message, contact=next(same, copies[0]).contact)


def opening_of(records: Sequence[Record]) -> tuple[Record, ...]:
    """The records of the reception itself: the opening and the clocks that it started."""
    started = takewhile(lambda record: isinstance(record.event, ClockStarted), records[1:])
    return (records[0], *started)


def fingerprint_of(case_id: str, command: Command, actor: Actor) -> str:
    """What names a command to a case by somebody: the same request has the same.

    Of a message its source and number are in it, and nothing that a citizen left: from the digest of
    a telephone number the number is had by trying them all, erased or not. :func:`answered` looks
    at the rest.
    """
    if isinstance(command, Revise):
        command = Revise(message=command.message.without(PARTS))
    who = [actor.id, actor.role.value, actor.unit, sorted(actor.offices)]
    text = wire.to_json([case_id, who, wire.command_to_dict(command)])
    return hashlib.sha256(text.encode()).hexdigest()


def answered(
    transaction: Transaction, answer: Answer, fingerprint: str, command: Command
) -> Outcome:
    """The outcome that a key stands for. Raises KeyReusedError for another request.

    A message is compared with the one that was recorded, as far as it has not been erased since.
    """
    if answer.fingerprint != fingerprint:
        raise KeyReusedError(answer.key)
    history = transaction.records(answer.case_id)
    now, then = fold(history), fold(history[: answer.last_version])
    if now is None or then is None:
        raise UnknownError("办件", answer.case_id)
    records = history[answer.first_version - 1 : answer.last_version]
    if isinstance(command, Revise) and not _told(records, command.message.without(now.erased)):
        raise KeyReusedError(answer.key)
    return Outcome(then, records, repeated=True)


def _told(records: Iterable[Record], message: Message) -> bool:
    """Whether this is the text that was recorded."""
    events = (record.event for record in records)
    return any(isinstance(e, MessageRevised) and e.message == message for e in events)


def require_storable(command: Command) -> None:
    """Raise ArgumentError for a command with a value of the wrong kind in it.

    Annotations alone stop nobody: what would not come back from the store as it went in must not
    become history.
    """
    try:
        same = wire.command_from_dict(wire.command_to_dict(command)) == command
    except (ValueError, TypeError, AttributeError, LookupError):
        same = False
    if not same:
        name = type(command).__name__
        raise ArgumentError("command", f"{name} 中有取值的类型不对,请对照它的字段:{command!r}")


def require_there(transaction: Transaction, command: Link) -> None:
    """Raise RefusedError unless the case is there to which another one is linked."""
    if transaction.case(command.to) is None:
        raise RefusedError("link.target", "所关联的办件不存在")


def require_mergeable(transaction: Transaction, command: Merge) -> None:
    """Raise RefusedError unless there is a case for another one to be merged into."""
    target = transaction.case(command.into)
    if target is None or target.merged_into:
        raise RefusedError("merge.target", "并入的办件不存在,或它自己已并入他件")
