"""An anchor in a file: it keeps what it took, only grows, and says where it was spoilt."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from wenzheng_audit.anchors import FileAnchor
from wenzheng_audit.keys import FileSigner, FileVerifier, make_key, public_path
from wenzheng_core import InputFaultsError, RefusedError, load_plugins
from wenzheng_core.anchoring import checkpoint
from wenzheng_core.auditing import verify
from wenzheng_core.checkpoints import Checkpoint
from wenzheng_core.memory import MemoryStorage
from wenzheng_core.testing.builders import START, sample_change, sample_history


def mark(position: int, tenant: str = "t", lines: int = 0) -> Checkpoint:
    """A checkpoint."""
    return Checkpoint(
        tenant=tenant,
        position=position,
        link=bytes([position]) * 32,
        lines=lines,
        line_link=b"",
        at=START + timedelta(hours=position),
        key_id="k",
        signature=b"s" * 64,
    )


@pytest.fixture(name="path")
def _path(tmp_path: Path) -> Path:
    return tmp_path / "anchor.jsonl"


def test_what_was_put_stands_for_ever_in_order(path: Path) -> None:
    """Checkpoints come back equal and in order, each tenant's own, also from a new object."""
    anchor = FileAnchor(path)
    for each in (mark(1), mark(5, "u"), mark(3), mark(3, lines=2)):
        anchor.put(each)
    for again in (anchor, FileAnchor(path)):
        assert list(again.all("t")) == [mark(1), mark(3), mark(3, lines=2)]
        assert list(again.all("u")) == [mark(5, "u")]
        assert list(again.all("v")) == []


def test_before_its_first_checkpoint(path: Path) -> None:
    """An anchor without a file is empty, and asking it makes none."""
    assert list(FileAnchor(path).all("t")) == []
    assert not path.exists()


@pytest.mark.parametrize("later", [mark(2, lines=9), mark(9, lines=1)])
def test_it_never_goes_back(path: Path, later: Checkpoint) -> None:
    """A checkpoint with fewer records or lines than the tenant's last is refused, and not written."""
    anchor = FileAnchor(path)
    anchor.put(mark(3, lines=2))
    with pytest.raises(RefusedError) as caught:
        anchor.put(later)
    assert caught.value.rule == "anchor.back"
    assert list(anchor.all("t")) == [mark(3, lines=2)]


def test_a_file_that_shrank_is_noticed(path: Path) -> None:
    """A file that is shorter than it was seen is neither written to nor read on."""
    anchor = FileAnchor(path)
    anchor.put(mark(1))
    first = path.read_bytes()
    anchor.put(mark(2))
    path.write_bytes(first)
    for act in (lambda: anchor.put(mark(3)), lambda: list(anchor.all("t"))):
        with pytest.raises(RefusedError) as caught:
            act()
        assert caught.value.rule == "anchor.shrunk"
    assert path.read_bytes() == first


@pytest.mark.parametrize("spoil", [b"text\n", b'{"format":"x"}\n', None])
def test_a_spoilt_line_is_told_with_its_number(path: Path, spoil: bytes | None) -> None:
    """A line that is none, or a half one from a broken write, is named; nothing is written behind it."""
    FileAnchor(path).put(mark(1))
    content = path.read_bytes() + (mark(2).to_json().encode()[:40] if spoil is None else spoil)
    path.write_bytes(content)
    for act in (lambda: FileAnchor(path).put(mark(3)), lambda: list(FileAnchor(path).all("t"))):
        with pytest.raises(InputFaultsError, match="第2行"):
            act()
    assert path.read_bytes() == content


def test_keys_anchors_and_audits_together(path: Path, tmp_path: Path) -> None:
    """What is signed with a key in a file and anchored in a file is met and verified."""
    make_key(tmp_path / "audit.pem")
    signer = FileSigner(tmp_path / "audit.pem")
    verifier = FileVerifier(public_path(tmp_path / "audit.pem"))
    anchor = load_plugins().anchor_provider("file:///").anchor(path.as_uri())
    storage = MemoryStorage("t")
    for number in range(3):
        with storage.transaction() as transaction:
            transaction.write([sample_change(sample_history(f"c{number}", steps=1))])
        assert checkpoint(storage, signer, anchor, START + timedelta(hours=number))
    report = verify(storage, checkpoints=anchor.all("t"), verifier=verifier)
    assert (report.sound, report.checkpoints, report.signatures) == (True, 3, 3)
    forged = [attrs.evolve(each, position=1) for each in anchor.all("t")]
    assert verify(storage, checkpoints=forged, verifier=verifier).signatures == 0
