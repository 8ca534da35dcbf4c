"""``wenzheng policy story``."""

from __future__ import annotations

import attrs
import pytest

from wenzheng_core import City, Plugins, load_plugins
from wenzheng_core.cities import read_stories

STORIES = """
schema = "wenzheng.stories/1"
[[story]]
id = "one"
title = "路灯不亮"
basis = "样例第一条"
choice = "(拟)"
[[story.step]]
at = 2021-02-19T10:00:00
who = "source"
do = "receive"
says = "来信必复"
[[story]]
id = "two"
title = "另一件"
basis = "样例第二条"
[[story.step]]
at = 2021-02-19T10:00:00
who = "source"
do = "receive"
then = { state = "archived" }
"""


@pytest.fixture(name="stories")
def _stories(monkeypatch):
    """Changsha with two stories: one comes out as it is told, the other does not."""
    plugins = load_plugins()
    changsha = attrs.evolve(plugins.city("changsha"), stories=read_stories(STORIES))
    bare = attrs.evolve(plugins.city("shantou"), stories=())
    cities: dict[str, City] = {"changsha": changsha, "shantou": bare}
    monkeypatch.setattr(Plugins, "_read", (cities, {}))


@pytest.mark.usefixtures("stories")
def test_a_story_is_told(wenzheng):
    """Line by line with its basis and what was invented."""
    ran = wenzheng("policy", "story", "changsha", "one")
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert lines[0] == "路灯不亮(one)"
    assert lines[1].startswith("2021年2月19日10时00分 来源平台 收到留言")
    assert lines[1].endswith("“来信必复”")
    assert lines[2:] == [
        "依据:样例第一条",
        "选择(原文没有说清,由本办法作者拟定):(拟)",
    ]


@pytest.mark.usefixtures("stories")
def test_what_does_not_come_out(wenzheng):
    """All stories without an id; exit 1 and a line for what is not as told, in JSON too."""
    ran = wenzheng("policy", "story", "changsha")
    assert ran.code == 1
    assert "路灯不亮(one)" in ran.out
    assert "不符:第1步(receive):状态应为「已归档」,实为「待初审」" in ran.out
    ran = wenzheng("policy", "story", "changsha", "--json")
    assert ran.code == 1
    one, two = ran.json["stories"]
    assert (one["faults"], one["told"][0]["says"]) == ([], "来信必复")
    assert one["told"][0]["at"] == "2021-02-19T10:00:00+08:00"
    assert len(two["faults"]) == 1


@pytest.mark.usefixtures("stories")
def test_stories_that_are_not_there(wenzheng):
    """A city without stories says so; an unknown id is refused with those there are."""
    ran = wenzheng("policy", "story", "shantou")
    assert (ran.code, ran.out.strip()) == (0, "「shantou」没有故事(stories.toml)")
    ran = wenzheng("policy", "story", "changsha", "three")
    assert ran.code == 2
    assert "现有:one、two" in ran.err
    assert wenzheng("policy", "story", "atlantis").code == 2
