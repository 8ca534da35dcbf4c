"""``wenzheng sweep`` on schedules, and ``wenzheng duty``."""

from __future__ import annotations

from datetime import date

import attrs
import pytest

from wenzheng_cli.policypage import schedule_names
from wenzheng_core import City, Plugins, load_plugins
from wenzheng_core.domain.cadences import parse_cadence
from wenzheng_core.domain.schedules import ReportKind, Schedule

NOTICE = Schedule(
    id="noon", kind=ReportKind.NOTICE, cadence=parse_cadence("每日12:00、20:00"), basis="样例"
)
DUTY = Schedule(
    id="poll", kind=ReportKind.POLL_DUTY, cadence=parse_cadence("每日4次"), basis="样例"
)


def _with_schedules(city: City) -> City:
    policy = attrs.evolve(
        city.versions.latest, schedules=(NOTICE, DUTY), valid_from=date(2000, 1, 1)
    )
    return attrs.evolve(city, versions=attrs.evolve(city.versions, versions=(policy,)))


@pytest.fixture(name="store")
def _store(wenzheng, db, board, monkeypatch):
    city = _with_schedules(load_plugins().city("changsha"))
    monkeypatch.setattr(Plugins, "city", lambda *_: city)
    store = ("--city", "changsha", "--db", db)
    until = ("--until", "2021-02-22")
    assert wenzheng("import", board, *store, "--replay", *until).code == 0
    return store


def test_a_sweep_says_what_it_made(wenzheng, store):
    """A line a schedule, with the last time in Beijing; in JSON by the keys of the diary; once."""
    first = wenzheng("sweep", *store, "--at", "2021-02-22 13:00", "--json").json
    assert (first["made"], first["failed"]) == ([], [])
    ran = wenzheng("sweep", *store, "--at", "2021-02-23 12:00")
    assert ran.code == 0
    assert ran.out.splitlines()[2:] == [
        "按日程作出:群内通报 2 次,最近 2021-02-23 12:00",
        "登录查看:1 次未达标,最近为2021年2月22日(周一)",
    ]
    made = wenzheng("sweep", *store, "--at", "2021-02-23 20:00", "--json").json["made"]
    assert made == ["run/noon/2021-02-23T12:00:00.000000Z"]
    assert wenzheng("sweep", *store, "--at", "2021-02-23 20:00", "--json").json["made"] == []
    later = wenzheng("sweep", *store, "--at", "2021-02-24 09:00").out.splitlines()
    assert later[2:] == ["登录查看:1 次未达标,最近为2021年2月23日(周二)"]
    assert "按日程作出:群内通报,2021-02-24 12:00" in (
        wenzheng("sweep", *store, "--at", "2021-02-24 12:00").out
    )


def test_the_misses_of_an_outage_are_one_line(wenzheng, store):
    """A duty that was not done on twenty days is told once; of one that was done, that it was."""
    assert wenzheng("sweep", *store, "--at", "2021-02-22 13:00").code == 0
    for hour in (9, 10, 11, 12):
        wenzheng("duty", "log", "people", *store, "--at", f"2021-02-23 {hour}:00")
    assert wenzheng("sweep", *store, "--at", "2021-02-23 13:00").code == 0
    done = wenzheng("sweep", *store, "--at", "2021-02-24 01:00").out.splitlines()
    assert "登录查看:1 日均已达标" in done
    out = wenzheng("sweep", *store, "--at", "2021-03-16 01:00").out.splitlines()
    assert [text for text in out if text.startswith("登录查看")] == [
        "登录查看:20 次未达标,最近为2021年3月15日(周一)"
    ]


def test_two_schedules_of_one_kind_are_told_apart():
    """By their ids, in brackets; one that is alone of its kind needs none."""
    city = _with_schedules(load_plugins().city("changsha"))
    twins = (NOTICE, attrs.evolve(NOTICE, id="night"), DUTY)
    policy = attrs.evolve(city.versions.latest, schedules=twins)
    assert schedule_names([policy]) == {
        "noon": "群内通报(noon)",
        "night": "群内通报(night)",
        "poll": "登录查看",
    }


def test_a_duty_is_logged_and_shown(wenzheng, store):
    """Each look once; what is missing by duty."""
    for hour in (9, 9, 14):
        ran = wenzheng("duty", "log", "people", *store, "--at", f"2021-02-23 {hour}:00")
        assert ran.code == 0
    assert ran.out == "已登记:2021-02-23 14:00 office登录查看 people\n"
    key = wenzheng(
        "duty", "log", "people", *store, "--at", "2021-02-23 15:00", "--by", "li", "--json"
    )
    assert key.json == {
        "key": "poll/people/2021-02-23T07:00:00.000000Z/li",
        "at": "2021-02-23T15:00:00+08:00",
        "source": "people",
        "by": "li",
    }
    shown = wenzheng("duty", "show", *store, "--day", "2021-02-23")
    assert shown.out.splitlines() == [
        "2021年2月23日(周二)登录查看 3 次;登录查看缺 1 次",
        "2021-02-23 09:00 people office",
        "2021-02-23 14:00 people office",
        "2021-02-23 15:00 people li",
    ]
    document = wenzheng("duty", "show", *store, "--day", "2021-02-24", "--json").json
    assert document == {"day": "2021-02-24", "missing": {"poll": 4}, "logins": []}
    assert wenzheng("duty", "show", *store, "--json").json["missing"] == {"poll": 4}


def test_a_platform_that_is_none_is_wrong_use(wenzheng, store):
    """One message, and nothing is entered."""
    ran = wenzheng("duty", "log", "a/b", *store, "--json")
    assert ran.code == 2
    assert "不能含" in ran.json["error"]
    assert wenzheng("duty", "show", *store, "--day", "2099-13-01").code == 2


def test_a_city_without_duties_says_so(wenzheng, store, monkeypatch):
    """No duty, nothing missing."""
    city = load_plugins().city("changsha")
    bare = attrs.evolve(city.versions.latest, schedules=(NOTICE,))
    city = attrs.evolve(city, versions=attrs.evolve(city.versions, versions=(bare,)))
    monkeypatch.setattr(Plugins, "city", lambda *_: city)
    shown = wenzheng("duty", "show", *store, "--day", "2021-02-23")
    assert shown.out == "2021年2月23日(周二)登录查看 0 次;办法未规定登录查看次数\n"
