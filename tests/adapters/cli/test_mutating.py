"""``wenzheng policy mutate``."""

from __future__ import annotations

import attrs

from wenzheng_cli import mutating
from wenzheng_core.cities import Examples
from wenzheng_core.mutants.running import scores


def _without_examples(plugins, city, only):
    """The scores of the city as if nobody had written an example."""
    bare = attrs.evolve(city, golden=(), examples=Examples(), stories=())
    return scores(plugins, bare, only)


def test_a_city_in_which_every_slip_is_noticed(wenzheng):
    """0, with the counts by kind of slip; as text, as JSON and as a table."""
    ran = wenzheng("policy", "mutate", "jiayuguan")
    assert (ran.code, ran.err) == (0, "")
    assert "20/20 被发现(100%),等价 0" in ran.out
    told = wenzheng("policy", "mutate", "jiayuguan", "--json")
    (score,) = told.json["scores"]
    assert told.json["form"] == "wenzheng.mutation/1"
    assert (score["mutants"], score["killed"], score["score"]) == (20, 20, "100%")
    assert len(score["fates"]) == 20
    table = wenzheng("policy", "mutate", "jiayuguan", "--markdown")
    assert table.out.splitlines()[-1].startswith("| jiayuguan | 2014-59 | 20 | 0 |")


def test_a_survivor_comes_with_the_example_to_add(wenzheng, monkeypatch):
    """1, with what tells the survivor apart and an example of it."""
    monkeypatch.setattr(mutating, "scores", _without_examples)
    ran = wenzheng("policy", "mutate", "jiayuguan", "--operator", "holders")
    assert ran.code == 1
    assert "未被发现:「办理」计法:unit → case @ $.clock[0].per" in ran.out
    assert "[[expect]]" in ran.out
    assert 'clock.handle = { starts = "assigned", stops = "reported", per = "unit" }' in ran.out
    told = wenzheng("policy", "mutate", "jiayuguan", "--operator", "holders", "--json")
    assert told.code == 1
    assert told.json["scores"][0]["fates"][0]["example"].startswith("[[expect]]")


def test_an_operator_that_is_not_known(wenzheng):
    """2, with all that there are."""
    ran = wenzheng("policy", "mutate", "jiayuguan", "--operator", "bound")
    assert ran.code == 2
    assert "没有这一种改动;可用:bounds(数字差一)" in ran.err
