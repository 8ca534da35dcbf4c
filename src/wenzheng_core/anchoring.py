"""Signing where the chains stand, and laying that down where the database's owner cannot reach it."""

from __future__ import annotations

from collections import deque
from datetime import datetime

import attrs

from wenzheng_core.checkpoints import Checkpoint
from wenzheng_core.domain.errors import RefusedError
from wenzheng_core.ports import Anchor, Signer, Storage


def checkpoint(
    storage: Storage, signer: Signer, anchor: Anchor, now: datetime
) -> Checkpoint | None:
    """Sign the head of a store and put it down at an anchor; None if nothing is new since the last.

    First the store is asked whether it still shows what was anchored last: a history that was cut
    or written anew is not signed (RefusedError ``anchor.unmet``). That is one look, not an audit.
    """
    head = storage.head()
    last = _last(anchor, storage.tenant)
    if last is not None and not _meets(storage, last):
        when = last.at.isoformat(timespec="seconds")
        reason = f"存储与 {when} 的锚定不符,未再锚定;请先执行 wenzheng audit verify 查明"
        raise RefusedError("anchor.unmet", reason)
    reached = (last.position, last.lines) if last else (0, 0)
    if (head.position, head.lines) == reached:
        return None
    made = Checkpoint(
        tenant=storage.tenant,
        position=head.position,
        link=head.link,
        lines=head.lines,
        line_link=head.line_link,
        at=now,
        key_id=signer.key_id,
    )
    signed = attrs.evolve(made, signature=signer.sign(made.content()))
    anchor.put(signed)
    return signed


def _last(anchor: Anchor, tenant: str) -> Checkpoint | None:
    found = deque(anchor.all(tenant), maxlen=1)
    return found[0] if found else None


def _meets(storage: Storage, mark: Checkpoint) -> bool:
    records = storage.evidence(mark.position - 1, 1) if mark.position else ()
    lines = storage.line_evidence(mark.lines - 1, 1) if mark.lines else ()
    at_record = [(item.position, item.link) for item in records]
    at_line = [(item.number, item.link) for item in lines]
    wanted_record = [(mark.position, mark.link)] if mark.position else []
    wanted_line = [(mark.lines, mark.line_link)] if mark.lines else []
    return at_record == wanted_record and at_line == wanted_line
