"""The glossary and the table of policy keys say what the code says."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import attrs
import pytest

from wenzheng_core import casesfile, policyfile
from wenzheng_core.domain.clockrules import Promise
from wenzheng_core.domain.commands import COMMANDS
from wenzheng_core.domain.escalation import Act
from wenzheng_core.domain.events import EVENTS
from wenzheng_core.domain.gates import GateAct, Point
from wenzheng_core.domain.milestones import Milestone
from wenzheng_core.domain.provisions import COUNTS
from wenzheng_core.domain.schedules import ReportKind
from wenzheng_core.domain.timelimits import Counting
from wenzheng_core.domain.workflow import STEPS, State
from wenzheng_core.tomlfile.hooks import key_of

DOCS = Path(__file__).parents[1] / "docs"
DOMAIN = Path(import_module("wenzheng_core.domain").__path__[0])
MODULES = [*DOMAIN.glob("[a-z]*.py"), *(path.parent for path in DOMAIN.glob("*/__init__.py"))]
HOMES = [f"domain.{path.stem}" for path in MODULES] + ["cities", "ports"]

# The words of the design (DESIGN.md, "Words"), each of which an officer may look up.
WORDS = re.findall(
    r"\w+",
    """
    留言 办件 来源平台 承办单位 主办 牵头 协办 一把手 联络员 初审 诉求类型 领域 分级 批示 交办 转办
    交办函 认领 签收 退件 改派 核实 联系 反馈 审核 审定 退回重办 回复 公开 办结 催办 督办单 黄牌 红牌
    延期 中止 回访 满意度 合并 归档 台账 每日清单 通报 专报
    """,
)


def _rows() -> list[list[str]]:
    lines = (DOCS / "glossary.md").read_text("utf-8").splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line[:1] == "|"]
    return [row for row in cells if row[0] != "中文" and not row[0].startswith("---")]


ROWS = _rows()


def _codes(column: int) -> set[str]:
    return {code for row in ROWS for code in re.findall(r"`(\w+)`", row[column])}


@pytest.mark.parametrize("word", WORDS)
def test_every_word_is_there(word: str) -> None:
    """Each word of the design stands in the first column."""
    assert any(word in row[0] for row in ROWS)


def test_rows_are_whole() -> None:
    """Each row has its six columns, and says what carries the word or that nothing does."""
    assert {len(row) for row in ROWS} == {6}
    for row in ROWS:
        assert any("`" in cell for cell in row[2:]) or row[2] == "not yet carried", row[0]


def test_classes() -> None:
    """Each class that is named is there."""
    known = {name for home in HOMES for name in vars(import_module(f"wenzheng_core.{home}"))}

    assert _codes(2) - known == set()


def test_commands() -> None:
    """The glossary has each command, and no other."""
    assert _codes(3) == {command.__name__ for command in COMMANDS}


def test_events() -> None:
    """The glossary has each event, and no other."""
    assert _codes(4) == {event.__name__ for event in EVENTS}


def test_states() -> None:
    """The glossary has each state with its label, and no other."""
    named = {tuple(re.sub("`", "", row[5]).split()) for row in ROWS if row[5]}

    assert named == {(state.name, state.label) for state in State}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.command.__name__)
def test_steps_are_called_as_in_the_code(step: object) -> None:
    """The row of a command bears the Chinese title and leads to the state that the workflow has."""
    found = next(s for s in STEPS if s is step)
    (row,) = [row for row in ROWS if f"`{found.command.__name__}`" in row[3]]

    assert found.title in row[0]
    if found.target is not None:
        assert f"`{found.target.name}`" in row[5]


TABLES = [
    (policyfile.PolicyFile, "## Every key"),
    (policyfile.ColumnTable, "`[columns.NAME]`"),
    (policyfile.ClockTable, "`[[clock]]`"),
    (policyfile.LimitTable, "`[[clock.limit]]`"),
    (policyfile.GateTable, "`[[gate]]`"),
    (policyfile.ChecklistTable, "`[[checklist]]`"),
    (policyfile.RoutingTable, "`[routing]`"),
    (policyfile.LastStepTable, "`[[last_step]]`"),
    (policyfile.RungTable, "`[[rung]]`"),
    (policyfile.SupervisionTable, "`[supervision]`"),
    (policyfile.AccountabilityTable, "`[[accountability]]`"),
    (policyfile.DeclineTable, "`[[decline]]`"),
    (policyfile.PauseTable, "`[[pause]]`"),
    (policyfile.ExtensionTable, "`[[extension]]`"),
    (policyfile.RankingTable, "`[ranking]`"),
    (policyfile.MeasureTable, "`[[measure]]`"),
    (policyfile.CampaignTable, "`[[campaign]]`"),
    (policyfile.ScheduleTable, "`[[schedule]]`"),
    (policyfile.WordingTable, "`[[reply.avoid]]`"),
    (policyfile.RetentionTable, "`[retention]`"),
    (policyfile.TimeTable, "`[time]`"),
]
# Tables whose basis is not asked for where nothing, or a choice instead, is said.
BASIS_IS_OPTIONAL = (policyfile.ClockTable, policyfile.TimeTable, policyfile.WordingTable)


def _nested() -> set[str]:
    """The keys of a policy under which there are tables, by their heads."""
    heads = {re.split(r"[.\]]", head.strip("`["))[0] for _, head in TABLES[1:]}
    return heads & {field.name for field in attrs.fields(policyfile.PolicyFile)}


NESTED = _nested()


@pytest.mark.parametrize(("table", "head"), TABLES)
def test_every_key_is_documented(table: type, head: str) -> None:
    """Each key of a policy stands in the table under its heading; required ones bear a star."""
    page = (DOCS / "write-a-city.md").read_text("utf-8").split("## Every key")[1]
    page = f"## Every key{page}"
    section = page[page.index(head) :].split("\n\n| Key", 1)[1].split("\n\n")[0]
    shown = dict(
        re.findall(r"`(\w+)`(\*?)", "".join(re.findall(r"^\|[^|]*\|", section, re.MULTILINE)))
    )
    fields = {key_of(f): f for f in attrs.fields(table)}
    if table is policyfile.PolicyFile:
        fields = {name: field for name, field in fields.items() if name not in NESTED}
    fields.pop("limit", None)

    assert set(shown) == set(fields)
    required = {name for name, field in fields.items() if field.default is attrs.NOTHING}
    if "basis" in fields and table not in BASIS_IS_OPTIONAL:
        required.add("basis")
    assert {name for name, star in shown.items() if star} == required


EXAMPLES = [
    (casesfile.CaseTable, "case"),
    (casesfile.RunTable, "run"),
    (casesfile.DutyTable, "duty"),
    (casesfile.RateTable, "rate"),
    (casesfile.BelongsTable, "belongs"),
    (casesfile.ExpectTable, "expect"),
]


@pytest.mark.parametrize(("table", "name"), EXAMPLES)
def test_every_key_of_an_example_is_documented(table: type, name: str) -> None:
    """Each key of a golden example stands in the row of its table, and no other."""
    page = (DOCS / "write-a-city.md").read_text("utf-8")
    row = next(line for line in page.splitlines() if line.startswith(f"| `[[{name}]]`"))
    shown = set(re.findall(r"`(\w+)`", row.split("|")[2]))

    assert shown == {field.name for field in attrs.fields(table)}


@pytest.mark.parametrize(
    "words",
    [Milestone, GateAct, Point, Act, Promise, Counting, ReportKind, COUNTS],
    ids=lambda words: getattr(words, "__name__", "COUNTS"),
)
def test_every_word_of_a_key_is_documented(words: Iterable[str]) -> None:
    """What may be written for a milestone, an act, a count or a kind is all listed."""
    page = (DOCS / "write-a-city.md").read_text("utf-8").split("## Every key")[1]

    assert [word for word in words if not re.search(f'`"?{word}"?`', page)] == []
