"""What is shown of a restricted case: its number and what the office did, nothing that a citizen left.

个人信息保护法 article 47: where personal data may not be erased yet, all processing stops but storage
and the necessary protection.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from wenzheng_core import Case, Message, Record
from wenzheng_core.domain.events import without_personal
from wenzheng_core.domain.messages import PARTS

RESTRICTED = "限制处理"
"""What stands in the place of a restricted message's title."""


def title_of(case: Case) -> str:
    """The title of the case's message, or that it is restricted."""
    return RESTRICTED if case.restricted else case.message.title


def shown_message(case: Case) -> Message:
    """The case's message; of a restricted one its number and its platform alone."""
    if not case.restricted:
        return case.message
    return attrs.evolve(case.message.without(PARTS), title=RESTRICTED)


def shown_records(case: Case, records: Sequence[Record]) -> list[Record]:
    """What happened; in a restricted case without what the citizen left and wrote."""
    if not case.restricted:
        return list(records)
    return [attrs.evolve(x, event=without_personal(x.event, PARTS)) for x in records]
