"""Stores in memory that do one thing wrong: in their blocks, feeds, leases and outboxes.

What is wrong is a list of functions put in the place of others: where, which, and the new one, which
is given the old one first. Beside it stand the laws that such a store breaks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import attrs

from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.domain.instants import utc
from wenzheng_core.memory import MemoryDatabase, MemoryStorage, outbox
from wenzheng_core.memory.rows import Item, Rows
from wenzheng_core.memory.transactions import MemoryTransaction
from wenzheng_core.storing import Lease, LeaseLostError

# --- Blocks and the feed --------------------------------------------------------------------------


@contextmanager
def _committing(_: Any, self: Any) -> Iterator[Rows]:
    written = self._rows.overlaid()
    try:
        yield written
    finally:
        self._rows.take(written)


@contextmanager
def _unlocked(_: Any, self: Any) -> Iterator[Rows]:
    written = self._rows.overlaid()
    yield written
    self._rows.take(written)


@contextmanager
def _impatient(call: Any, self: Any) -> Iterator[Rows]:
    if not self._database.lock.acquire(blocking=False):
        raise OSError("database is locked")
    try:
        with call(self) as written:
            yield written
    finally:
        self._database.lock.release()


def _pushed(call: Any, self: Any, after: int = 0, limit: int = 500) -> Any:
    return call(self, max(after - 1, 0), limit)


def _sorted(call: Any, self: Any, after: int = 0, limit: int = 500) -> Any:
    fed = sorted(call(self, 0, 10**6), key=lambda x: (x.record.case_id, x.record.version))
    return tuple(attrs.evolve(x, position=n) for n, x in enumerate(fed, 1))[after:][:limit]


def _late(call: Any, self: Any, after: int = 0, limit: int = 500) -> Any:
    last = len(self._rows.journal)
    return tuple(x for x in call(self, after, limit) if x.position != last - 1 or last > 199)


def _move_anyway(_: Any, self: Any, consumer: str, expected: int, position: int) -> None:
    self._rows.cursors[consumer] = position


# --- Leases and the outbox ------------------------------------------------------------------------


def _grant(call: Any, self: Any, name: str, *more: Any) -> Any:
    lease = call(self, name, *more)
    if lease is None:
        self._rows.leases.pop(name)
        lease = call(self, name, *more)
    return lease


def _to_others(call: Any, self: Any, name: str, holder: str, *more: Any) -> Any:
    kept = self._rows.leases.get(name)
    return None if kept and kept.holder == holder else call(self, name, holder, *more)


def _one_epoch(call: Any, self: Any, *args: Any) -> Any:
    lease = call(self, *args)
    if lease is not None:
        lease = attrs.evolve(lease, epoch=1)
        self._rows.leases[lease.name] = lease
    return lease


def _as_asked(call: Any, self: Any, name: str, holder: str, now: Any, until: Any) -> Any:
    lease = call(self, name, holder, now, until)
    return lease and attrs.evolve(lease, until=until)


def _hold_never(_: Any, self: Any, lease: Lease, until: datetime) -> Lease:
    raise LeaseLostError(lease.name)


def _lenient(call: Any, *args: Any, **more: Any) -> Any:
    def fixed(x: Any) -> Any:
        return x.replace(tzinfo=UTC) if isinstance(x, datetime) and not x.tzinfo else x

    return call(*map(fixed, args), **{name: fixed(x) for name, x in more.items()})


def _to_anybody(call: Any, rows: Rows, key: str, *args: Any, **more: Any) -> Any:
    return call(rows, key, *args, **more | {"holder": rows.outbox[key].holder})


def _still_leased(call: Any, rows: Rows, key: str, *args: Any, **more: Any) -> Any:
    until = rows.outbox[key].leased_until
    counted = call(rows, key, *args, **more)
    outbox._change(rows, key, leased_until=until)
    return counted


def _uncounted(call: Any, rows: Rows, key: str, *args: Any, **more: Any) -> Any:
    counted = call(rows, key, *args, **more)
    outbox._change(rows, key, outgoing=attrs.evolve(rows.outbox[key].outgoing, attempts=0))
    return counted


def _revive_all(_: Any, rows: Rows, key: str, ready_at: datetime) -> bool:
    fresh = attrs.evolve(rows.outbox[key].outgoing, ready_at=utc(ready_at))
    rows.outbox[key] = Item(fresh)
    return True


def _quiet(call: Any, *args: Any, **more: Any) -> Any:
    try:
        return call(*args, **more)
    except WenzhengError:
        return True


STORE, BLOCK = MemoryStorage, MemoryTransaction
NOTES = ("sent", "failed", "revive")

WRONG: dict[str, tuple[list[tuple[Any, str, Any]], str]] = {
    "keeps what was rolled back": (
        [(STORE, "_written", _committing)],
        """what_was_rolled_back_leaves_no_gap a_cursor_moves_with_its_block
        a_lease_is_prolonged_with_its_block a_block_that_raises_takes_nothing
        who_wakes_after_its_lease_writes_nothing what_was_rolled_back_is_in_no_chain
        a_rolled_back_erasure_erases_nothing what_was_rolled_back_is_not_found
        a_failed_restoring_is_undone_with_its_block""",
    ),
    "has no lock": (
        [(STORE, "_written", _unlocked)],
        "a_case_that_was_read_is_nobody_elses blocks_do_not_nest",
    ),
    "gives up": ([(STORE, "_written", _impatient)], "two_that_wait_on_each_other_both_end"),
    "knows one tenant": (
        [(MemoryDatabase, "rows", lambda call, self, tenant: call(self, "all"))],
        """every_tenant_has_its_own_order a_number_finds_its_tenants_cases
        a_chain_is_its_tenants_own an_erasure_touches_no_other_case
        a_stranger_reads_nothing a_stranger_writes_nothing the_same_names_may_be_everybodys""",
    ),
    "begins a page too early": (
        [(STORE, "feed", _pushed)],
        "an_empty_feed_has_nothing the_feed_is_read_on_from_a_position",
    ),
    "orders by case": (
        [(STORE, "feed", _sorted)],
        "the_feed_is_the_order_of_commits what_is_committed_together_stands_together",
    ),
    "shows a position late": ([(STORE, "feed", _late)], "who_reads_on_misses_nothing"),
    "moves any cursor": (
        [(BLOCK, "move_cursor", _move_anyway)],
        """a_cursor_moves_from_where_it_is of_two_under_one_name_one_moves
        a_cursor_goes_neither_back_nor_beyond""",
    ),
    "forgets cursors": (
        [(STORE, "cursor", lambda call, self, consumer: 0)],
        "a_cursor_begins_at_nothing_and_moves_on",
    ),
    "grants every lease": (
        [(STORE, "acquire", _grant)],
        """a_lease_has_one_holder_until_its_end of_many_that_ask_at_once_one_gets_it
        nobody_takes_a_lease_while_a_block_holds_it""",
    ),
    "grants no lease twice": ([(STORE, "acquire", _to_others)], "a_holder_prolongs_what_it_has"),
    "tells time as asked": ([(STORE, "acquire", _as_asked)], "a_free_lease_is_had_for_the_asking"),
    "never raises the epoch": (
        [(STORE, "acquire", _one_epoch)],
        "what_is_given_back_is_free_at_once a_lost_lease_cannot_be_given_back",
    ),
    "takes names for one another": (
        [(STORE, "acquire", lambda call, self, name, *a: call(self, name.lower().strip(), *a))],
        "leases_of_different_names_are_apart",
    ),
    "holds every lease": (
        [(BLOCK, "hold", lambda call, self, lease, until: attrs.evolve(lease, until=utc(until)))],
        """a_lease_that_nobody_had_is_lost a_caught_loss_keeps_the_rest_of_the_block
        a_block_under_its_lease_prolongs_it""",
    ),
    "holds no lease": (
        [(BLOCK, "hold", _hold_never)],
        "an_expired_lease_that_nobody_took_still_counts",
    ),
    "guesses a zone": (
        [
            (STORE, "acquire", _lenient),
            *((BLOCK, name, _lenient) for name in ("hold", "outbox", "take", *NOTES)),
        ],
        "instants_of_leases_are_never_naive instants_of_the_outbox_are_never_naive",
    ),
    "leases nothing": (
        [(outbox, "take", lambda call, rows, now, until, holder, n: outbox.ready(rows, now, n))],
        "what_is_taken_is_nobody_elses two_that_take_at_once_are_given_different_items",
    ),
    "lets no lease end": (
        [(Item, "leased", lambda call, self, at: self.leased_until is not None)],
        "a_lease_that_ends_gives_its_items_back",
    ),
    "waits for nothing": (
        [(Item, "ready", lambda call, self, now: self.ended_at is None or self.dead)],
        """nothing_goes_out_before_its_time nothing_is_taken_before_its_time
        what_is_tried_no_more_is_a_dead_letter""",
    ),
    "orders by key": (
        [(outbox, "ready", lambda call, *a: tuple(sorted(call(*a), key=lambda x: x.key)))],
        "items_come_oldest_first_then_by_key",
    ),
    "listens to anybody": ([(outbox, "failed", _to_anybody)], "a_stale_failure_does_not_count"),
    "keeps a lease after a failure": (
        [(outbox, "failed", _still_leased)],
        "who_took_notes_what_became_of_it",
    ),
    "counts no try": ([(outbox, "failed", _uncounted)], "what_failed_comes_again_later"),
    "takes every receipt for the first": (
        [(outbox, "sent", lambda call, *a: call(*a) or True)],
        "the_first_receipt_is_told_from_later_ones",
    ),
    "forgets receipts": (
        [(outbox, "sent", lambda call, rows, key, *a: False)],
        """what_is_sent_is_gone a_failure_after_success_changes_nothing
        a_receipt_counts_whoever_brings_it""",
    ),
    "takes no receipt for the dead": (
        [
            (
                outbox,
                "sent",
                lambda call, rows, key, *a: not rows.outbox[key].dead and call(rows, key, *a),
            )
        ],
        "a_dead_letter_that_arrived_after_all_has_arrived",
    ),
    "shows all dead letters": (
        [(outbox, "dead_letters", lambda call, rows, after, limit: call(rows, "", 10**6))],
        "dead_letters_come_page_by_page",
    ),
    "revives everything": ([(outbox, "revive", _revive_all)], "a_dead_letter_is_put_down_again"),
    "knows every key": (
        [(BLOCK, name, _quiet) for name in NOTES],
        "an_unknown_key_is_an_error",
    ),
}
