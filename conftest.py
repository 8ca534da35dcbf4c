"""What every test shares: Hypothesis profiles, documentation as tests, no silent skip in CI."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

ROOT = Path(__file__).parent
pytest_plugins = ["wenzheng_core.testing.summary"]

READMES = ("README.md", "README.zh-CN.md")
NEEDS_SERVER = "needs server"

# --- Hypothesis: HYPOTHESIS_PROFILE=fast|ci|thorough ----------------------------------------------

_common = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fast", _common, max_examples=50, derandomize=True)
settings.register_profile("ci", _common, max_examples=200, derandomize=True, print_blob=True)
settings.register_profile("thorough", _common, max_examples=5000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))

# --- Documentation: every Python block of the READMEs and of docs/ runs ---------------------------

_collect_document = Sybil(
    parsers=[
        PythonCodeBlockParser(doctest_optionflags=ELLIPSIS | NORMALIZE_WHITESPACE),
        SkipParser(),
    ],
    pattern="*.md",
    fixtures=["own_folder"],
).pytest()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the READMEs at the root and all pages under docs/, no other Markdown."""
    if not file_path.is_relative_to(ROOT):
        return None
    path = file_path.relative_to(ROOT)
    if path.parts[0] == "docs" or str(path) in READMES:
        return _collect_document(file_path, parent)
    return None


@pytest.fixture(scope="module")
def own_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty working directory, shared by the blocks of one document."""
    folder = tmp_path_factory.mktemp("document")
    before = Path.cwd()
    os.chdir(folder)
    yield folder
    os.chdir(before)


# --- CI: a test that needs a server must find one -------------------------------------------------


def _forbidden_skip(call: pytest.CallInfo) -> str | None:
    """The reason of a skip that CI does not accept."""
    if os.environ.get("WENZHENG_CI") != "1" or call.excinfo is None:
        return None
    if not isinstance(call.excinfo.value, pytest.skip.Exception):
        return None
    reason = call.excinfo.value.msg or ""
    return reason if reason.startswith(NEEDS_SERVER) else None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Under WENZHENG_CI=1 a test skipped for want of a server has failed."""
    report = yield
    if reason := _forbidden_skip(call):
        report.outcome = "failed"
        report.longrepr = f"CI must bring the server: {reason}"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Under WENZHENG_CI=1 a module skipped for want of a server has failed, too."""
    report = yield
    if (
        report.skipped
        and (call := getattr(report, "call", None))
        and (reason := _forbidden_skip(call))
    ):
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid}: CI must bring the server: {reason}"
    return report
