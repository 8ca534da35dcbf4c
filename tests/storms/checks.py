"""What must hold after every storm, whatever blew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from wenzheng_core import Storage
from wenzheng_core.auditing import verify
from wenzheng_core.domain.events import Delivered, Record
from wenzheng_core.rebuilding import verify_cases


def all_records(storage: Storage) -> list[Record]:
    """Every record in the order of the feed; its positions run 1, 2, 3 … without a gap."""
    found: list[Record] = []
    while page := storage.feed(len(found)):
        assert [fed.position for fed in page] == list(
            range(len(found) + 1, len(found) + len(page) + 1)
        )
        found += [fed.record for fed in page]
    return found


def examine(storage: Storage) -> list[Record]:
    """All records of a store that is sound: both chains, and every case the fold of its records."""
    audit, cases = verify(storage), verify_cases(storage)
    assert audit.sound, [str(flaw) for flaw in audit.flaws]
    assert cases.sound, [str(flaw) for flaw in cases.flaws]
    return all_records(storage)


def delivered_keys(records: list[Record]) -> Counter[str]:
    """The keys that cases have on record as delivered, as often as they do."""
    return Counter(key for keys in _delivered(records) for key in keys)


def _delivered(records: list[Record]) -> Iterator[tuple[str, ...]]:
    return (r.event.keys for r in records if isinstance(r.event, Delivered))
