"""``wenzheng case``, ``sweep`` and ``report`` on a store that an import has filled."""

from __future__ import annotations

import json
import re
from datetime import datetime
from pathlib import Path

import attrs
import pytest

from wenzheng_cli.casepage import case_document, print_case
from wenzheng_cli.histories import CAUSES, event_text
from wenzheng_core import (
    BEIJING,
    Accept,
    Actor,
    Assign,
    FixedClock,
    Message,
    Office,
    Role,
    Units,
    load_plugins,
    open_office,
)
from wenzheng_core.domain import events as e
from wenzheng_core.domain.cases import ActivePause
from wenzheng_core.domain.commands import Restrict
from wenzheng_core.sweeping import SweepReport


@pytest.fixture(name="store")
def _store(wenzheng, board, db):
    """The options of a store in which three messages were lived up to 2021-02-25 12:00."""
    options = ("--city", "changsha", "--db", db)
    ran = wenzheng("import", board, *options, "--replay", "--until", "2021-02-25 12:00", "--json")
    assert ran.code == 0
    return options


def test_cases_are_listed_with_what_is_asked_of_them_first(wenzheng, store):
    """Number, state, unit, due instant, cards."""
    ran = wenzheng("case", "list", *store, "--json")
    found = {case["message"]: case for case in ran.json["cases"]}
    assert {"hongwang/1", "hongwang/2", "hongwang/3"} == set(found)
    late = found["hongwang/2"]
    assert (
        late["state"],
        late["state_label"],
        late["lead_name"],
    ) == ("assigned", "待签收", "岳麓区委办公室")
    assert late["due"] == "2021-02-26T00:00:00+08:00"
    assert (late["yellow_cards"], late["red_cards"]) == (1, 0)


def test_cases_may_be_filtered_and_cut(wenzheng, store):
    """By state in either language, by unit, by number."""
    for state in ("published", "已回复"):
        found = wenzheng("case", "list", *store, "--state", state, "--json").json["cases"]
        assert [case["message"] for case in found] == ["hongwang/1"]
    found = wenzheng("case", "list", *store, "--unit", "yuhua", "--json").json["cases"]
    assert [case["message"] for case in found] == ["hongwang/3"]
    cut = wenzheng("case", "list", *store, "--limit", 1, "--json").json
    assert (len(cut["cases"]), cut["more"]) == (1, True)
    assert not wenzheng("case", "list", *store, "--limit", 0, "--json").json["more"]


@pytest.mark.parametrize(
    ("option", "says"),
    [(("--state", "flying"), "不是办件的状态"), (("--unit", "x"), "没有名为「x」的承办单位")],
)
def test_a_filter_that_nothing_can_match_is_refused(wenzheng, store, option, says):
    """Exit 2."""
    ran = wenzheng("case", "list", *store, *option)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err


def test_a_message_cannot_pose_as_markup(wenzheng, store):
    """What a citizen wrote is shown as it is."""
    assert "[red]" in wenzheng("case", "list", *store, "--unit", "yuhua").out
    assert "[red]雨花区路灯[/red]" in wenzheng("case", "show", "hongwang/3", *store).out


def test_one_case_with_clocks_cards_and_history(wenzheng, store):
    """By the message's number or by its own id."""
    at = ("--at", "2021-02-25 12:00")
    found = wenzheng("case", "show", "hongwang/2", *store, *at, "--explain", "--json").json
    assert [card["label"] for card in found["cards"]] == ["黄牌"]
    assert found["cards"][0]["scheduled"] == "2021-02-25T00:00:00+08:00"
    assert found["next_wake"] == "2021-02-26T00:00:00+08:00"
    unit = next(clock for clock in found["clocks"] if clock["clock"] == "unit")
    assert (unit["remaining"], unit["unit"], unit["breached"]) == ("今日到期", "yuelu", False)
    assert any("2021年2月20日" in line for line in unit["explanation"])
    assert list(range(1, len(found["history"]) + 1)) == [r["version"] for r in found["history"]]
    assert "contact" not in found["history"][0]["event"]["message"]
    text = wenzheng("case", "show", found["id"], *store, *at, "--explain").out
    assert "2021年2月25日(周四)24时前" in text
    assert "黄牌:岳麓区委办公室,2021-02-25 00:00" in text
    assert "为何此时到期" in text


def test_the_release_after_publication_is_no_reproach(wenzheng, store):
    """承办完毕, not 不再承办."""
    text = wenzheng("case", "show", "hongwang/1", *store).out
    assert "承办完毕" in text
    assert "不再承办" not in text


def test_of_a_restricted_case_nothing_that_a_citizen_wrote_is_shown(wenzheng, store):
    """Its number and that it is restricted stand in every list, on its page and in the data."""
    office = open_office(store[3], city="changsha")
    case_id = office.case_of("hongwang", "1").id
    message = office.case(case_id).message
    assert message.title in wenzheng("case", "show", case_id, *store).out
    by = Actor("li.ming", Role.OFFICE)
    office.execute(case_id, Restrict(reason="保存期未满"), actor=by, key="r")
    office.storage.close()
    calls = [("case", "list"), ("case", "show", case_id), ("case", "similar", case_id)]
    for call in calls:
        for options in ((), ("--json",)):
            ran = wenzheng(*call, *store, *options)
            assert ran.code == 0
            assert "hongwang/1" in ran.out
            assert "限制处理" in ran.out
            assert message.title not in ran.out
            assert message.body not in ran.out
    (listed,) = [
        case
        for case in wenzheng("case", "list", *store, "--json").json["cases"]
        if case["message"] == "hongwang/1"
    ]
    assert (listed["title"], listed["restricted"]) == ("限制处理", True)
    assert not wenzheng("case", "show", "hongwang/3", *store, "--json").json["restricted"]


CORE = Path(__file__).parents[3] / "src" / "wenzheng_core" / "domain"
POLICY = load_plugins().city("changsha").versions.latest


def test_every_cause_that_the_core_writes_has_a_label():
    """Whatever stops, moves or releases something is told in Chinese."""
    source = "\n".join(path.read_text("utf-8") for path in CORE.rglob("*.py"))
    calls = re.findall(r"(?:stop|stop_all|move|release_all|_release|release|_move)\((.*)\)", source)
    causes = {cause for call in calls for cause in re.findall(r'"([a-z_]+)"', call)}
    assert {"sent_back", "lead_reported", "extended"} <= causes
    assert causes <= set(CAUSES)
    stopped = e.ClockStopped(clock="unit", unit="a", epoch=1, met=False, cause="lead_reported")
    assert event_text(stopped, POLICY, Units())[1].endswith(":主办单位已反馈")
    released = e.Released(units=("a",), cause="sent_back")
    assert event_text(released, POLICY, Units()) == ("不再承办", "a:退件")


def test_a_clock_that_stands_still_is_not_overdue(capsys):
    """It shows 中止中, whatever its old due instant says."""
    begun, later = (datetime(2021, month, 19, 10, tzinfo=BEIJING) for month in (2, 5))
    office = open_office("memory://", city="changsha", clock=FixedClock(begun))
    message = Message(source="s", external_id="1", title="t", body="b", posted_at=begun)
    clerk = Actor("a", Role.OFFICE)
    case = office.receive(message).case
    office.execute(case.id, Accept(), actor=clerk, key="1")
    case = office.execute(case.id, Assign(lead="yuelu"), actor=clerk, key="2").case
    pause = ActivePause(reason="x", clocks=("unit",), since=begun, until=later)
    clocks = tuple(attrs.evolve(clock, paused_since=begun) for clock in case.clocks)
    paused = attrs.evolve(case, pause=pause, clocks=clocks)
    office = attrs.evolve(office, clock=FixedClock(later))
    document = case_document(office, paused, office.history(case.id), explained=False)
    unit = next(clock for clock in document["clocks"] if clock["clock"] == "unit")
    assert (unit["remaining"], unit["breached"]) == ("中止中", False)
    print_case(office, paused, office.history(case.id), explained=False)
    shown = capsys.readouterr().out
    assert "中止中" in shown
    assert "超期" not in shown


def test_a_card_names_whom_it_reproaches(wenzheng, store):
    """The unit of the event itself; a withdrawn card is a document, too."""
    card = wenzheng("case", "show", "hongwang/2", *store, "--json").json["cards"][0]
    assert (card["whom"], card["whom_name"]) == ("yuelu", "岳麓区委办公室")
    office = open_office(store[3], city="changsha")
    case = office.case_of("hongwang", "2")
    at = datetime(2021, 2, 26, tzinfo=BEIJING)
    gone = attrs.evolve(case.ladder[0], whom="", withdrawn="误", withdrawn_at=at)
    shown = case_document(office, attrs.evolve(case, ladder=(gone,)), (), explained=False)
    assert json.loads(json.dumps(shown["cards"]))[0]["whom_name"] == "主管办公室"
    office.storage.close()


@pytest.mark.parametrize("case", ["hongwang/99", "0" * 32])
def test_a_case_that_is_not_there_is_no_wrong_use(wenzheng, store, case):
    """Exit 1: the question was sound, the answer is no."""
    ran = wenzheng("case", "show", case, *store, "--json")
    assert ran.code == 1
    assert case in ran.json["error"]


def test_another_tenant_sees_nothing(wenzheng, store):
    """A store is bound to one tenant; one that it does not know is refused, and not made."""
    ran = wenzheng("case", "list", *store, "--tenant", "other", "--json")
    assert (ran.code, "没有租户「other」" in ran.err) == (2, True)


def test_a_sweep_fires_each_card_once(wenzheng, store):
    """The red cards fall at midnight; a second sweep finds nothing."""
    first = wenzheng("sweep", *store, "--at", "2021-02-26", "--json")
    assert (first.code, first.json["fired"]) == (0, {"red_card": 2})
    assert first.json["at"] == "2021-02-26T00:00:00+08:00"
    second = wenzheng("sweep", *store, "--at", "2021-02-26", "--json").json
    assert (second["fired"], second["cases"]) == ({}, 0)
    assert {"awaiting", "settled", "unheard", "failed"} <= set(second)


@pytest.mark.parametrize("report", [SweepReport(unheard=("a/red",)), SweepReport(failed=("a:b",))])
def test_a_sweep_that_reached_nobody_says_so_by_its_exit_code(wenzheng, store, monkeypatch, report):
    """Exit 1 and the names."""
    monkeypatch.setattr(Office, "sweep", lambda *_: report)
    ran = wenzheng("sweep", *store)
    assert ran.code == 1
    assert "无人可通知:a/red" in ran.out or "未能处理:a:b" in ran.out


def test_the_bulletin_of_a_month(wenzheng, store):
    """Every rate with its numerator and denominator, the units in the order of their ranks."""
    arguments = ("report", "bulletin", "--period", "2021-02", *store, "--as-of", "2021-03-01")
    found = wenzheng(*arguments, "--digits", 1, "--json").json
    assert found["reply_rate"] == {"part": 1, "whole": 3, "percent": "33.3%"}
    assert (found["received"], found["replied"], found["late"]) == (3, 1, 2)
    assert [unit["rank"] for unit in found["units"]] == [1, 2, 2]
    assert found["units"][0]["unit"] == "wangcheng"
    text = wenzheng(*arguments).out
    assert "回复率 33.33%(1/3)" in text
    assert "本期没有交办" in wenzheng(*arguments[:3], "2019-04", *store).out


@pytest.mark.parametrize("period", ["2021-13", "2021-00", "now", "2021-02-01", "0000"])
def test_a_period_is_a_month_or_a_year(wenzheng, store, period):
    """Exit 2."""
    ran = wenzheng("report", "bulletin", "--period", period, *store)
    assert ran.code == 2
    assert "--period" in ran.err
    assert (
        wenzheng("report", "bulletin", "--period", "2021", *store, "--json").json["received"] == 3
    )


@pytest.mark.parametrize("db", ["nonsense", "redis://x", "sqlite:////no/such/folder/x.db"])
def test_a_store_that_cannot_be_opened_is_one_message(wenzheng, db):
    """Exit 2."""
    ran = wenzheng("case", "list", "--city", "changsha", "--db", db)
    assert (ran.code, ran.out) == (2, "")
    assert "Traceback" not in ran.err
