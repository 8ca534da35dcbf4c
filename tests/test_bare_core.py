"""The core without any plugin, and a city's folder as editors leave it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from wenzheng_core import InputFaultsError, PluginError
from wenzheng_core.plugins import city, read_city


def _python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# Without any plugin


def test_what_is_missing_and_how_to_get_it() -> None:
    """The bare core imports, and says which plugin brings the city, the store and the calendar."""
    said = _python(
        "from wenzheng_core import UnknownError, load_plugins, open_office\n"
        "bare = load_plugins(installed=False)\n"
        "calls = [lambda: open_office('memory://', city='changsha', plugins=bare),\n"
        "         lambda: bare.open_storage('sqlite:///x.db', 'li'),\n"
        "         lambda: bare.calendar('cn'), lambda: bare.source('workbook')]\n"
        "for call in calls:\n"
        "    try: call()\n"
        "    except UnknownError as error: print(error)\n"
    ).splitlines()

    assert "没有名为「changsha」的城市办法" in said[0]
    assert "pip install wenzheng-changsha" in said[0]
    assert "pip install wenzheng-sqlalchemy" in said[1]
    assert "pip install wenzheng-calendar-cn" in said[2]
    assert "pip install wenzheng-sources" in said[3]


def test_the_core_imports_little() -> None:
    """Importing the core brings in no test tool, no database and no array library."""
    heavy = ("pytest", "hypothesis", "sqlalchemy", "numpy")

    assert _python(
        f"import sys, wenzheng_core\nprint([m for m in {heavy!r} if m in sys.modules])"
    ).strip() == str([])


# A city's folder


def test_a_city_without_a_policy() -> None:
    """A folder without a policy is no city, and says so."""
    with pytest.raises(PluginError, match=r"「li」没有 policy\.toml"):
        read_city({"units.toml": ""}, "li")


@pytest.mark.parametrize("name", ["unit.toml", "case.toml", "polcy.toml"])
def test_a_misspelt_file(name: str) -> None:
    """A file that would be passed over for its name is told, with the likely one."""
    with pytest.raises(PluginError, match=rf"{name} 不会被读取;是否应为 \w+\.toml"):
        read_city({"policy.toml": "", name: ""}, "li")


@pytest.mark.parametrize("encoding", ["gbk", "utf-8-sig"])
def test_how_editors_save(encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A byte order mark is passed over; another encoding is told with its line."""
    package = tmp_path / f"li_{encoding.replace('-', '_')}"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "policy.toml").write_bytes('id = "li"\ntitle = "例市"\n'.encode(encoding))
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(InputFaultsError) as caught:
        city(package.name)
    faults = [str(fault) for fault in caught.value.faults]
    told = any("文件不是 UTF-8 编码 @ 第2行" in fault for fault in faults)
    assert told is (encoding == "gbk")
    assert not any("TOML" in fault for fault in faults)
