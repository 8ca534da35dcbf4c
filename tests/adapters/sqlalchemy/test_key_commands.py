"""The commands that look after a key file, and the variable that names one."""

from __future__ import annotations

from pathlib import Path

import pytest

from wenzheng_core import load_plugins
from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.testing.builders import START, sample_message
from wenzheng_core.testing.offices import sample_office
from wenzheng_sqlalchemy import KeyFile, SqlStorage
from wenzheng_sqlalchemy.__main__ import main
from wenzheng_sqlalchemy.keys import KeysError
from wenzheng_sqlalchemy.provider import KEYS

TENANT = "changsha"


def made_keys(folder: Path) -> str:
    """A key file with one tenant, made by the commands."""
    file = str(folder / "keys.json")
    assert main(["keys", "create", file]) == 0
    assert main(["keys", "add", file, TENANT]) == 0
    return file


def test_a_file_is_made_filled_and_rotated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the commands make is a key file that wraps and opens, before and after a new key."""
    file = made_keys(tmp_path)
    old = KeyFile(file).wrap(TENANT, b"k" * 32)
    assert main(["keys", "rotate", file, TENANT]) == 0
    assert "第 2 号" in capsys.readouterr().out
    assert KeyFile(file).unwrap(TENANT, old) == b"k" * 32


def test_what_cannot_be_done_is_said_and_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is there already, and a tenant that is not, leave with 1 and a reason."""
    file = made_keys(tmp_path)
    capsys.readouterr()
    assert main(["keys", "create", file]) == 1
    assert main(["keys", "rotate", file, "nobody"]) == 1
    assert main(["keys", "rewrap", file, TENANT, f"sqlite:///{tmp_path}/none.db"]) == 1
    assert len(capsys.readouterr().err.splitlines()) >= 3


def test_the_variable_names_the_keys_of_stores_opened_by_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store opened by URL alone seals under the named file, and is not read without it."""
    file, url = made_keys(tmp_path), f"sqlite:///{tmp_path}/w.db"
    monkeypatch.setenv(KEYS, file)
    with_keys = load_plugins().open_storage(url, TENANT)
    office = sample_office(with_keys)
    case = office.receive(sample_message("1"), at=START).case
    assert office.case(case.id) == case
    with_keys.close()
    monkeypatch.delenv(KEYS)
    without = SqlStorage(url, TENANT)
    with pytest.raises(WenzhengError):
        without.case(case.id)
    without.close()


def test_data_keys_are_wrapped_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """After a rotation every data key of the store is wrapped by the newest key."""
    file, url = made_keys(tmp_path), f"sqlite:///{tmp_path}/w.db"
    store = SqlStorage(url, TENANT, keys=KeyFile(file))
    case = sample_office(store).receive(sample_message("1"), at=START).case
    store.close()
    assert main(["keys", "rotate", file, TENANT]) == 0
    assert main(["keys", "rewrap", file, TENANT, url]) == 0
    assert "2 把" in capsys.readouterr().out
    again = SqlStorage(url, TENANT, keys=KeyFile(file))
    assert again.case(case.id) == case
    again.close()


def test_nothing_is_sealed_openly_beside_wrapped_keys(tmp_path: Path) -> None:
    """Without the key file of its cases a tenant takes no case and no number is looked for."""
    file, url = made_keys(tmp_path), f"sqlite:///{tmp_path}/w.db"
    store = SqlStorage(url, TENANT, keys=KeyFile(file))
    sample_office(store).receive(sample_message("1"), at=START)
    store.close()
    without = SqlStorage(url, TENANT)
    with pytest.raises(KeysError, match="WENZHENG_KEYS"):
        sample_office(without).receive(sample_message("2"), at=START)
    with pytest.raises(KeysError, match="WENZHENG_KEYS"):
        without.cases_of("13800000000")
    assert without.head().position == len(without.evidence())
    assert len(without.case_ids()) == 1
    without.close()


def test_open_keys_move_into_a_file(tmp_path: Path) -> None:
    """With --was-open what lay open is wrapped by the file, and beside it what the file wrapped."""
    file, url = made_keys(tmp_path), f"sqlite:///{tmp_path}/w.db"
    cases = []
    for number, keys in (("1", None), ("2", KeyFile(file))):
        store = SqlStorage(url, TENANT, keys=keys)
        cases.append(sample_office(store).receive(sample_message(number), at=START).case)
        store.close()
    assert main(["keys", "rewrap", file, TENANT, url]) == 1
    assert main(["keys", "rewrap", file, TENANT, url, "--was-open"]) == 0
    again = SqlStorage(url, TENANT, keys=KeyFile(file))
    assert [again.case(case.id) for case in cases] == cases
    again.close()
