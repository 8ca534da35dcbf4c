"""What an audit says of a store, place by place; checkpoints; digests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import attrs
import pytest

from wenzheng_core import ArgumentError, RefusedError, UnknownError, chains
from wenzheng_core.anchoring import checkpoint
from wenzheng_core.auditing import verify
from wenzheng_core.checkpoints import Checkpoint, read_checkpoint
from wenzheng_core.flaws import SHOWN, Flaw, FlawKind
from wenzheng_core.memory import MemoryStorage
from wenzheng_core.storing import Entry, Evidence
from wenzheng_core.testing.builders import START, sample_change, sample_history


class Key:
    """A signer and verifier whose signature is a digest; real keys are the adapters' affair."""

    def __init__(self, key_id: str = "k1") -> None:
        self.key_id = key_id

    def sign(self, content: bytes) -> bytes:
        """A digest of the key's name and the content."""
        return hashlib.sha256(self.key_id.encode() + content).digest()

    def verify(self, key_id: str, content: bytes, signature: bytes) -> bool:
        """Whether it is that digest."""
        if key_id != self.key_id:
            raise UnknownError("公钥", key_id)
        return self.sign(content) == signature


class Kept:
    """An anchor in a list."""

    def __init__(self) -> None:
        self.marks: list[Checkpoint] = []

    def put(self, checkpoint: Checkpoint) -> None:
        """Keep it."""
        self.marks.append(checkpoint)

    def all(self, tenant: str) -> Iterator[Checkpoint]:
        """Those of a tenant, in order."""
        return (mark for mark in self.marks if mark.tenant == tenant)


@pytest.fixture(name="storage")
def _storage() -> MemoryStorage:
    storage = MemoryStorage("t")
    with storage.transaction() as transaction:
        transaction.write([sample_change(sample_history(name, steps=2)) for name in ("c1", "c2")])
        transaction.enter([Entry("run/a", START, {"n": 1}), Entry("run/b", START)])
    return storage


def _falsify(storage: MemoryStorage, place: int, **changes: Any) -> None:
    """Let the store show another record at a position."""
    shown = list(storage.evidence())
    shown[place - 1] = attrs.evolve(shown[place - 1], **changes)
    _show(storage, shown)


def _show(storage: MemoryStorage, shown: list[Evidence]) -> None:
    def evidence(after: int = 0, limit: int = 500) -> tuple[Evidence, ...]:
        return tuple(item for item in shown if item.position > after)[:limit]

    storage.evidence = evidence  # type: ignore[method-assign]


def _grow(storage: MemoryStorage, name: str) -> None:
    with storage.transaction() as transaction:
        transaction.write([sample_change(sample_history(name, steps=1))])


# --- A report -------------------------------------------------------------------------------------


def test_a_sound_store(storage: MemoryStorage) -> None:
    """Of a store that nobody falsified an audit counts everything and finds nothing."""
    report = verify(storage)
    assert report.sound
    assert (report.records, report.lines, report.cases) == (len(storage.feed()), 2, 2)
    assert report.head == storage.head()


def test_an_empty_store() -> None:
    """A store without a record is sound."""
    report = verify(MemoryStorage("t"))
    assert (report.sound, report.records, report.head.position) == (True, 0, 0)


def test_a_changed_record_is_one_flaw_at_its_place(storage: MemoryStorage) -> None:
    """One changed content is one flaw, with its position, case and version, in Chinese."""
    at = storage.evidence()[4]
    _falsify(storage, 5, body=b"{}")
    report = verify(storage)
    (flaw,) = report.flaws
    assert (flaw.kind, flaw.position, flaw.case_id) == (FlawKind.CONTENT, 5, at.case_id)
    assert str(flaw) == f"位置 5,办件 {at.case_id},第 {at.version} 版:内容与链不符"


def test_an_audit_goes_on_after_a_flaw(storage: MemoryStorage) -> None:
    """Two changed records are two flaws, in the order of the store."""
    _falsify(storage, 2, actor="x")
    _falsify(storage, 6, actor="x")
    assert [flaw.position for flaw in verify(storage).flaws] == [2, 6]


def test_a_dropped_record_says_what_is_missing(storage: MemoryStorage) -> None:
    """A gap names the positions that are missing, and the case whose versions jump."""
    shown = list(storage.evidence())
    del shown[1]
    _show(storage, shown)
    kinds = {flaw.kind: str(flaw) for flaw in verify(storage).flaws}
    assert set(kinds) == {FlawKind.MISSING, FlawKind.ORDER}
    assert "缺 2 至 2" in kinds[FlawKind.MISSING]
    assert "此前是第 1 版" in kinds[FlawKind.ORDER]


def test_only_so_many_flaws_are_kept() -> None:
    """A report of a wholly falsified store holds a hundred flaws and counts all of them."""
    storage = MemoryStorage("t")
    for number in range(40):
        _grow(storage, f"c{number}")
    _show(storage, [attrs.evolve(item, actor="x") for item in storage.evidence(limit=9999)])
    report = verify(storage)
    assert len(report.flaws) == SHOWN
    assert report.count == report.records > SHOWN


def test_an_unknown_digest_is_told_once_a_record(storage: MemoryStorage) -> None:
    """A digest that is not to be had here is said by its name; the rest is still verified."""
    _falsify(storage, 3, digest="md5")
    (flaw,) = verify(storage).flaws
    assert (flaw.kind, flaw.position, flaw.detail) == (FlawKind.DIGEST, 3, "「md5」")


def test_a_record_that_cannot_be_read_is_passed_over(storage: MemoryStorage) -> None:
    """A row at which the store fails is a flaw at its position, and what follows is read."""
    whole, last = storage.evidence, len(storage.evidence())

    def evidence(after: int = 0, limit: int = 500) -> tuple[Evidence, ...]:
        found = whole(after, limit)
        if any(item.position == last for item in found):
            raise OverflowError("date value out of range")
        return found

    storage.evidence = evidence  # type: ignore[method-assign]
    report = verify(storage)
    assert [(flaw.kind, flaw.position) for flaw in report.flaws] == [(FlawKind.UNREADABLE, last)]
    assert report.records == last - 1


def test_a_value_of_another_kind_is_a_flaw(storage: MemoryStorage) -> None:
    """A column into which somebody wrote a text where bytes belong breaks no audit."""
    _falsify(storage, 2, body="{}")
    assert [flaw.position for flaw in verify(storage).flaws] == [2]


def test_a_store_that_is_away_is_no_flaw(storage: MemoryStorage) -> None:
    """Where the store itself cannot be asked, its error is raised: nothing was found or missed."""

    def away(*_: object) -> Any:
        raise OSError("connection lost")

    storage.evidence = storage.head = away  # type: ignore[method-assign]
    with pytest.raises(OSError, match="connection lost"):
        verify(storage)


def test_records_committed_meanwhile_are_no_flaw(storage: MemoryStorage) -> None:
    """A case that is opened while the audit runs is counted in, or comes after its end."""
    whole, grown = storage.evidence, list[str]()

    def evidence(after: int = 0, limit: int = 500) -> tuple[Evidence, ...]:
        found = whole(after, limit)
        if not found and len(grown) < 3:
            grown.append(f"new{len(grown)}")
            _grow(storage, grown[-1])
        return found

    storage.evidence = evidence  # type: ignore[method-assign]
    report = verify(storage)
    assert report.sound
    assert report.records == storage.head().position


def test_one_case_alone(storage: MemoryStorage) -> None:
    """With an id only that case is counted; another's flaw is not seen, its own is."""
    place = next(item.position for item in storage.evidence() if item.case_id == "c2")
    _falsify(storage, place, actor="x")
    assert verify(storage, case_id="c1").sound
    (flaw,) = verify(storage, case_id="c2").flaws
    assert flaw.position == place
    with pytest.raises(UnknownError):
        verify(storage, case_id="c9")


def test_one_case_whose_end_was_cut_off(storage: MemoryStorage) -> None:
    """Its chain alone would show nothing: the case itself says how far it went."""
    rows = storage.evidence()
    last = max(item.version for item in rows if item.case_id == "c2")
    for left in (last - 1, 0):
        kept = [x for x in rows if x.case_id != "c2" or x.version <= left]
        storage.evidence = (
            lambda after=0, limit=500, kept=kept: tuple(  # type: ignore[misc]
                [x for x in kept if x.position > after][:limit]
            )
        )
        (flaw,) = verify(storage, case_id="c2").flaws
        assert (flaw.kind, flaw.case_id) == (FlawKind.CASE, "c2")
        assert flaw.detail == f"办件至第 {last} 版,记录至第 {left} 版"


def test_one_case_that_is_gone_or_cannot_be_read(storage: MemoryStorage) -> None:
    """Its records are there: that the case is not is a flaw, and so is one that does not open."""
    storage.case = lambda case_id: None  # type: ignore[method-assign]
    (flaw,) = verify(storage, case_id="c2").flaws
    assert (flaw.kind, flaw.detail) == (FlawKind.CASE, "只有记录,没有办件")

    def spoilt(case_id: str) -> None:
        raise ValueError(case_id)

    storage.case = spoilt  # type: ignore[assignment]
    (flaw,) = verify(storage, case_id="c2").flaws
    assert (flaw.kind, flaw.case_id) == (FlawKind.UNREADABLE, "c2")


def test_a_flaw_of_the_whole_store() -> None:
    """A flaw without a place says so."""
    assert str(Flaw(kind=FlawKind.HEAD, detail="甲")) == "整体:链尾与登记的不符(甲)"
    assert str(Flaw(kind=FlawKind.CONTENT, line=3)) == "值班日志第 3 行:内容与链不符"


# --- Checkpoints ----------------------------------------------------------------------------------


def test_checkpoints_are_met_as_the_store_grows(storage: MemoryStorage) -> None:
    """Every checkpoint that was ever made is met, and its signature holds, for ever."""
    anchor, key = Kept(), Key()
    for number in range(3):
        assert checkpoint(storage, key, anchor, START + timedelta(hours=number))
        _grow(storage, f"new{number}")
    report = verify(storage, checkpoints=anchor.all("t"), verifier=key)
    assert (report.sound, report.checkpoints, report.signatures) == (True, 3, 3)


def test_nothing_new_is_not_anchored_again(storage: MemoryStorage) -> None:
    """Without a new record or line there is no new checkpoint; with a line alone there is one."""
    anchor, key = Kept(), Key()
    assert checkpoint(MemoryStorage("t"), key, anchor, START) is None
    assert checkpoint(storage, key, anchor, START)
    assert checkpoint(storage, key, anchor, START) is None
    with storage.transaction() as transaction:
        transaction.enter([Entry("run/c", START)])
    assert checkpoint(storage, key, anchor, START)
    assert len(anchor.marks) == 2


def test_a_falsified_history_is_not_signed(storage: MemoryStorage) -> None:
    """Where the store no longer shows what was anchored last, nothing more is anchored."""
    anchor, key = Kept(), Key()
    checkpoint(storage, key, anchor, START)
    _grow(storage, "c3")
    _falsify(storage, anchor.marks[0].position, link=b"x")
    with pytest.raises(RefusedError) as caught:
        checkpoint(storage, key, anchor, START)
    assert caught.value.rule == "anchor.unmet"
    assert len(anchor.marks) == 1


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"signature": b"x" * 32}, ""),
        ({"at": START + timedelta(hours=1)}, ""),
        ({"key_id": "k2"}, "没有编号为 k2 的公钥"),
    ],
)
def test_a_falsified_checkpoint(
    storage: MemoryStorage, change: dict[str, Any], detail: str
) -> None:
    """A checkpoint that was changed, or signed by a key that nobody knows, is a flaw."""
    anchor, key = Kept(), Key()
    made = checkpoint(storage, key, anchor, START)
    assert made is not None
    report = verify(storage, checkpoints=[attrs.evolve(made, **change)], verifier=key)
    assert [(flaw.kind, flaw.detail) for flaw in report.flaws] == [(FlawKind.SIGNATURE, detail)]
    assert report.signatures == 0


def test_a_checkpoint_of_the_diary(storage: MemoryStorage) -> None:
    """A diary that was counted anew behind an unchanged history misses its checkpoint."""
    anchor = Kept()
    made = checkpoint(storage, Key(), anchor, START)
    assert made is not None
    marks = [attrs.evolve(made, line_link=b"x"), attrs.evolve(made, lines=made.lines + 1)]
    report = verify(storage, checkpoints=marks)
    assert [flaw.kind for flaw in report.flaws] == [FlawKind.CHECKPOINT] * 2
    assert report.checkpoints == 0


def test_another_tenants_checkpoint(storage: MemoryStorage) -> None:
    """A checkpoint of another tenant is a mistake of the caller's."""
    anchor = Kept()
    made = checkpoint(storage, Key(), anchor, START)
    assert made is not None
    with pytest.raises(ArgumentError):
        verify(storage, checkpoints=[attrs.evolve(made, tenant="u")])


def test_a_checkpoint_reads_back_equal(storage: MemoryStorage) -> None:
    """What was written as a line of JSON reads back equal; its signed bytes are plain JSON."""
    made = checkpoint(storage, Key(), Kept(), START)
    assert made is not None
    assert read_checkpoint(made.to_json()) == made
    assert made.content().startswith(b'{"at":"2025-03-03T01:30:15.250001Z","format":"wenzheng.ch')


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format":"wenzheng.checkpoint/1"}', '{"format":"other"}']
)
def test_no_checkpoint(text: str) -> None:
    """Anything else is no checkpoint."""
    with pytest.raises(ValueError, match=r"."):
        read_checkpoint(text)


def test_a_checkpoint_with_something_more(storage: MemoryStorage) -> None:
    """A key that nobody signed does not slip in, nor a value of another kind."""
    made = checkpoint(storage, Key(), Kept(), START)
    assert made is not None
    text = made.to_json()
    with pytest.raises(ValueError, match="锚定"):
        read_checkpoint(text.replace("{", '{"more":1,', 1))
    with pytest.raises(ValueError, match="锚定"):
        read_checkpoint(text.replace('"lines":2', '"lines":"2"'))


# --- Digests --------------------------------------------------------------------------------------


def _sm3(data: bytes) -> str:
    try:
        return chains.digest_of("sm3")(data).hex()
    except UnknownError:
        pytest.skip("this OpenSSL was built without SM3")


def test_sm3_by_the_standards_examples() -> None:
    """SM3 gives what GB/T 32905-2016, annex A, gives for its two examples."""
    one = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    two = "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    assert _sm3(b"abc") == one
    assert _sm3(b"abcd" * 16) == two


def test_a_chain_may_change_its_digest(storage: MemoryStorage) -> None:
    """Each record is counted by the digest that is stored with it, from one to the next."""
    _sm3(b"")
    shown, link, case_links = list[Evidence](), b"", dict[str, bytes]()
    for item in storage.evidence():
        digest = "sm3" if item.position > 3 else "sha256"
        bare = attrs.evolve(item, digest=digest)
        linked = chains.case_link(case_links.get(item.case_id, b""), "t", bare)
        bare = attrs.evolve(bare, case_link=linked)
        link, case_links[item.case_id] = chains.link(link, bare), linked
        shown.append(attrs.evolve(bare, link=link))
    head = attrs.evolve(storage.head(), link=link)
    _show(storage, shown)
    storage.head = lambda: head  # type: ignore[method-assign]
    assert verify(storage).sound
    _falsify(storage, 5, digest="sha256")
    assert {flaw.position for flaw in verify(storage).flaws} == {5}
