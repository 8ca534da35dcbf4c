"""Commands about what is kept of a case: another text, what was told, restriction, erasure."""

from __future__ import annotations

import attrs

from wenzheng_core.domain.commands.base import Command
from wenzheng_core.domain.messages import Message


@attrs.frozen(kw_only=True)
class Revise(Command):
    """Record that the platform now shows another text of the message (更新留言).

    What is on record already, or may no longer be kept, changes nothing.
    """

    message: Message


@attrs.frozen(kw_only=True)
class NoteDelivered(Command):
    """Record that a channel delivered what these keys name (送达), with the provider's receipt."""

    keys: tuple[str, ...]
    channel: str
    to: str
    receipt: str


@attrs.frozen(kw_only=True)
class NoteUndelivered(Command):
    """Record that what these keys name is tried no more (未送达), with the last error."""

    keys: tuple[str, ...]
    channel: str
    to: str
    error: str


@attrs.frozen(kw_only=True)
class Restrict(Command):
    """Let the case be stored and protected, and nothing else (个人信息保护法第47条第二款)."""

    reason: str


@attrs.frozen(kw_only=True)
class LiftRestriction(Command):
    """Let a restricted case be handled like any other finished one."""

    reason: str


@attrs.frozen(kw_only=True)
class Erase(Command):
    """Erase who wrote the message and how to reach them (个人信息保护法第47条第一款).

    ``words``: and what they wrote. What is erased comes back by no way.
    """

    reason: str
    words: bool = False
