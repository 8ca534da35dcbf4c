"""``wenzheng sweep`` on schedules, and ``wenzheng duty``."""

from __future__ import annotations

from datetime import date

import attrs
import pytest

from wenzheng_cli import sweeping
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


def test_a_sweep_says_what_it_made(wenzheng, store, monkeypatch):
    """By kind, schedule and time in Beijing; in JSON by the keys of the diary; once."""
    first = wenzheng("sweep", *store, "--at", "2021-02-22 13:00", "--json").json
    assert (first["made"], first["failed"]) == ([], [])
    ran = wenzheng("sweep", *store, "--at", "2021-02-23 12:00")
    assert ran.code == 0
    assert [text for text in ran.out.splitlines() if text.startswith("按日程作出")] == [
        "按日程作出:群内通报(noon)2021-02-22 20:00",
        "按日程作出:登录查看(poll)2021-02-23 00:00",
        "按日程作出:群内通报(noon)2021-02-23 12:00",
    ]
    made = wenzheng("sweep", *store, "--at", "2021-02-23 20:00", "--json").json["made"]
    assert made == ["run/noon/2021-02-23T12:00:00.000000Z"]
    assert wenzheng("sweep", *store, "--at", "2021-02-23 20:00", "--json").json["made"] == []
    monkeypatch.setattr(sweeping, "SHOWN", 2)
    assert wenzheng("sweep", *store, "--at", "2021-02-26").out.splitlines()[-1] == "……另有 5 项"


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
        "2021年2月23日(周二)登录查看 3 次;poll 缺 1 次",
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
