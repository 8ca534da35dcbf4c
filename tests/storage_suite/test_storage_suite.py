"""The suite of stores fails where it must: each law on a store that breaks it."""

from __future__ import annotations

import importlib.util
import inspect
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.memory import MemoryDatabase
from wenzheng_core.testing import storage_suite
from wenzheng_core.testing import storage_tenants as tenants
from wenzheng_core.testing.storage import LAWS

Patch = pytest.MonkeyPatch
WHOLE = {"OutboxLaws", "FeedLaws", "LeaseLaws", "EvidenceLaws", "PrivacyLaws", "TenantLaws"}
NEWEST = """
    a_case_is_put_right_at_its_version_alone a_case_that_was_read_is_nobody_elses
    a_failed_restoring_is_undone_with_its_block a_page_of_what_is_due_begins_beyond_the_last
    awaiting_cases_come_by_year_and_id blocks_do_not_nest ids_come_page_by_page
    paging_due_reaches_each_once two_that_wait_on_each_other_both_end
    what_lies_beside_the_records_is_put_right
"""


def wrong_of(name: str) -> Any:
    """What is wrong with the stores of a file beside this one."""
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"storage_suite_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.WRONG


WRONG = wrong_of("broken_work") | wrong_of("broken_records")
BROKEN = {name for _, names in WRONG.values() for name in names.split()}


def laws_of(kind: type) -> dict[str, Callable[..., None]]:
    """The laws of a class by their names, without ``test_``."""
    found = vars(kind).items()
    return {name.removeprefix("test_"): x for name, x in found if name.startswith("test_")}


ALL = {name: law for kind in LAWS for name, law in laws_of(kind).items()}


def spoil(patch: Patch, where: Any, name: str, change: Callable[..., Any]) -> None:
    """Put ``change``, which is given the original first, in its place."""
    original = getattr(where, name)
    patch.setattr(where, name, lambda *args, **more: change(original, *args, **more))


def breaks(name: str) -> bool:
    """Whether a law fails on a store in memory as it is now, in one of the ways to ask it."""
    marks = [x for x in getattr(ALL[name], "pytestmark", ()) if x.name == "parametrize"]
    ways = [{mark.args[0]: value} for mark in marks for value in mark.args[1]] or [{}]
    return any(_breaks(ALL[name], way) for way in ways)


def _breaks(law: Callable[..., None], way: dict[str, Any]) -> bool:
    opener = MemoryDatabase().open
    given = {"store": opener("tenant-a"), "open_store": opener}
    asked = {x: given[x] for x in inspect.signature(law).parameters if x in given}
    try:
        law(None, **asked, **way)
    except (AssertionError, pytest.fail.Exception, WenzhengError, ValueError, TypeError, OSError):
        return True
    return False


@pytest.mark.parametrize("wrong", WRONG)
def test_a_broken_store_fails_its_laws(wrong: str, monkeypatch: Patch) -> None:
    """Each law fails on a store that breaks it."""
    changes, broken = WRONG[wrong]
    for where, name, change in changes:
        spoil(monkeypatch, where, name, change)
    assert [name for name in broken.split() if not breaks(name)] == []


def test_the_laws_hold_on_a_store_that_keeps_them() -> None:
    """What fails above fails by the store and not by how it is asked here."""
    assert [name for name in BROKEN if breaks(name)] == []


def test_every_later_law_is_broken_here() -> None:
    """No law that nothing fails, of those about more than cases and the diary."""
    expected = {name for kind in LAWS if kind.__name__ in WHOLE for name in laws_of(kind)}
    assert {*expected, *NEWEST.split()} - BROKEN == set()


@pytest.mark.parametrize("protocol", ["Storage", "Transaction"])
def test_a_new_method_needs_its_place_in_the_table(protocol: str, monkeypatch: Patch) -> None:
    """A way to read or write that nobody tried with a stranger's ids fails the laws of tenants."""
    law = {"Storage": "a_stranger_reads_nothing", "Transaction": "a_stranger_writes_nothing"}
    assert not breaks(law[protocol])
    monkeypatch.setattr(getattr(tenants, protocol), "newest", lambda self: None, raising=False)
    assert breaks(law[protocol])


def test_the_suite_has_every_law() -> None:
    """Each under its name, fresh for every suite, and the model with them."""
    one, other = (storage_suite(lambda: nullcontext(MemoryDatabase().open), n) for n in (None, 1))
    for name in ALL:
        assert vars(one)[f"test_{name}"] is not vars(other)[f"test_{name}"]
    assert len(laws_of(one)) == len(ALL) + 1 == sum(len(laws_of(kind)) for kind in LAWS) + 1
