"""Laws of evidence: every record and line as it is stored, in chains that anybody can count again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from wenzheng_core import chains, wire
from wenzheng_core.domain.instants import BEIJING
from wenzheng_core.ports import JSON, Entry, Evidence, Head, Storage
from wenzheng_core.testing.builders import (
    HOUR,
    START,
    sample_change,
    sample_history,
    sample_next,
    sample_opening,
)
from wenzheng_core.testing.storage_calls import (
    Stop,
    all_lines,
    assert_chained,
    broken_lines,
    broken_links,
    enter,
    put,
    whole_evidence,
    write_and_stop,
)


def write_some(store: Storage) -> None:
    """Three cases, in four blocks."""
    put(store, sample_change(sample_history("c1", steps=3)))
    put(store, *(sample_change(sample_opening(name)) for name in ("c3", "c2")))
    put(store, sample_change(sample_next(sample_opening("c3").case)))
    put(store, sample_change(sample_next(sample_history("c1", steps=3).case)))


class EvidenceLaws:
    """What can be shown to somebody who does not trust the store."""

    def test_an_empty_store_has_no_evidence(self, store: Storage) -> None:
        """Its chains end before they began."""
        assert store.head() == Head()
        assert store.evidence() == ()
        assert store.line_evidence() == ()

    def test_records_and_lines_are_linked(self, store: Storage) -> None:
        """Both chains can be counted again from the evidence alone, and end at the head."""
        write_some(store)
        enter(store, "b", "a")
        enter(store, "c")
        assert_chained(store)
        assert store.head().lines == 3
        assert store.head().position == len(store.feed())

    def test_evidence_is_read_page_by_page(self, store: Storage) -> None:
        """Positions and numbers run from 1 without a gap, whatever the size of a page."""
        write_some(store)
        enter(store, "a", "b", "c")
        everything, lines = store.evidence(), store.line_evidence()
        assert [x.position for x in everything] == list(range(1, len(everything) + 1))
        assert [x.number for x in lines] == [1, 2, 3]
        for limit in (1, 2, 500):
            assert tuple(whole_evidence(store, limit)) == everything
            assert tuple(all_lines(store, limit)) == lines
        assert store.evidence(2, 3) == everything[2:5]
        assert store.evidence(len(everything)) == ()
        assert store.line_evidence(3) == ()

    def test_evidence_is_of_the_records_that_are_read(self, store: Storage) -> None:
        """Position by position it names the record of the feed: which case, what, when, by whom."""
        write_some(store)
        for fed, kept in zip(store.feed(), store.evidence(), strict=True):
            record = fed.record
            assert kept.position == fed.position
            assert (kept.case_id, kept.version) == (record.case_id, record.version)
            assert (kept.at, kept.actor) == (record.at, record.actor)
            assert kept.at.tzinfo is record.at.tzinfo
            assert (kept.kind, kept.form) == (type(record.event).__name__, wire.CURRENT)

    def test_the_body_is_what_was_decided(self, store: Storage) -> None:
        """Of an event without a citizen's words, the bytes are its form on the wire, to the letter."""
        write_some(store)
        seen = 0
        for fed, kept in zip(store.feed(), store.evidence(), strict=True):
            data = wire.event_to_dict(fed.record.event)
            if "message" not in data:
                assert kept.body == wire.to_json(data).encode()
                seen += 1
        assert seen > 5

    def test_lines_are_as_they_were_entered(self, store: Storage) -> None:
        """In the order of entering, with the body as JSON."""
        body: dict[str, JSON] = {"文": "字", "n": [1, {"a": None}]}
        with store.transaction() as transaction:
            transaction.enter([Entry("z", START.astimezone(BEIJING), body), Entry("y", START)])
            transaction.enter([Entry("x", START + HOUR)])
        lines = store.line_evidence()
        assert [(x.number, x.key, x.at) for x in lines] == [
            (1, "z", START),
            (2, "y", START),
            (3, "x", START + HOUR),
        ]
        assert [wire.from_json(x.body) for x in lines] == [body, {}, {}]
        assert lines[0].body == wire.to_json(body).encode()

    def test_what_is_linked_stays_as_it_is(self, open_store: Callable[[str], Storage]) -> None:
        """Later writes only add, and a store opened again shows the same."""
        store = open_store("tenant-a")
        write_some(store)
        enter(store, "a")
        before, lines, head = store.evidence(), store.line_evidence(), store.head()
        assert open_store("tenant-a").head() == head
        assert open_store("tenant-a").evidence() == before
        put(store, sample_change(sample_opening("c9")))
        enter(store, "b")
        assert store.evidence()[: len(before)] == before
        assert store.line_evidence()[:1] == lines
        assert store.head() != head
        assert_chained(store)

    def test_what_was_rolled_back_is_in_no_chain(self, store: Storage) -> None:
        """A block that raised leaves the head where it was, and the next link fits."""
        write_some(store)
        enter(store, "a")
        head = store.head()
        with pytest.raises(Stop):
            write_and_stop(store, sample_change(sample_opening("c9")), line="b")
        assert store.head() == head
        put(store, sample_change(sample_opening("c9")))
        enter(store, "b")
        assert_chained(store)
        assert (store.head().position, store.head().lines) == (head.position + 2, 2)

    def test_a_chain_is_its_tenants_own(self, open_store: Callable[[str], Storage]) -> None:
        """The same records and lines of two tenants have no link in common."""
        links: list[bytes] = []
        for tenant in ("tenant-a", "tenant-b"):
            store = open_store(tenant)
            put(store, sample_change(sample_opening("c1")))
            enter(store, "a")
            assert_chained(store)
            links += (link for x in store.evidence() for link in (x.link, x.case_link))
            links += (x.link for x in store.line_evidence())
        assert len(set(links)) == len(links) == 10

    def test_no_field_of_the_evidence_can_be_changed_unseen(self, store: Storage) -> None:
        """Whatever is altered, dropped or swapped: the links say where."""
        write_some(store)
        enter(store, "a", "b")
        kept, lines = list(store.evidence()), list(store.line_evidence())
        assert broken_links(store.tenant, kept) == broken_lines(store.tenant, lines) == []
        changes: dict[str, Any] = {
            "case_id": "c7",
            "version": 9,
            "kind": "Nothing",
            "form": 9,
            "at": START - HOUR,
            "actor": "nobody",
            "body": b"{}",
            "case_link": b"x" * 32,
            "link": b"x" * 32,
        }
        assert {*changes, "position", "digest"} == {x.name for x in attrs.fields(Evidence)}
        for field, value in changes.items():
            altered = [*kept[:2], attrs.evolve(kept[2], **{field: value}), *kept[3:]]
            assert 3 in broken_links(store.tenant, altered)
        assert 3 in broken_links(store.tenant, [*kept[:2], *kept[3:]])
        assert 3 in broken_links(store.tenant, [*kept[:2], kept[3], kept[2], *kept[4:]])
        assert broken_links("tenant-z", kept)
        of_line: dict[str, Any] = {"key": "c", "at": START - HOUR, "body": b"[]"}
        for field, value in of_line.items():
            assert 2 in broken_lines(
                store.tenant, [lines[0], attrs.evolve(lines[1], **{field: value})]
            )
        assert {x.digest for x in kept} | {x.digest for x in lines} <= set(chains.DIGESTS)
