"""Every plugin with cities carries a certificate that is of its rules as they stand."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from wenzheng_core import load_plugins
from wenzheng_core.proofs.catalogue import KIT
from wenzheng_core.proofs.verifying import CATALOGUE

SCRIPT = Path(__file__).parents[1] / "plugins" / "certify.py"
CERTIFY: dict[str, Any] = runpy.run_path(str(SCRIPT))
FOLDERS: list[Path] = CERTIFY["folders"]()
_ROWS = ("办法摘要", "日历摘要", "性质目录", "级别")


def test_the_folders_are_found() -> None:
    """All installed cities belong to some folder."""
    found = {city.id for folder in FOLDERS for city in CERTIFY["cities"](folder)}
    assert found == set(load_plugins().cities)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_certificate_is_of_the_rules_as_they_stand(folder: Path) -> None:
    """Every version, by its digest, its calendar's and the catalogue's; every property; all sound."""
    text = (folder / "CERTIFICATE.md").read_text("utf-8")
    calendar = load_plugins().calendar("cn")
    policies = [p for city in CERTIFY["cities"](folder) for p in city.versions.versions]
    told = {
        name: re.findall(rf"^\| {name} \| (.*?)(?:[::].*)? \|$", text, re.MULTILINE)
        for name in _ROWS
    }
    number = len(policies)
    assert told == {
        "办法摘要": [policy.digest for policy in policies],
        "日历摘要": [calendar.digest] * number,
        "性质目录": [f"第{KIT}版"] * number,
        "级别": ["ci"] * number,
    }, "run `make certify`"
    assert text.count(f"**通过。共{len(CATALOGUE)}条:") == number
    for known in CATALOGUE:
        assert text.count(f"\n| {known.id} | {known.title}") == number, known.id


@pytest.mark.long
def test_every_certificate_comes_out_the_same_again() -> None:
    """Examined anew, each city gives its certificate to the letter."""
    words = [sys.executable, str(SCRIPT), "--check"]
    done = subprocess.run(words, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (0, "")
