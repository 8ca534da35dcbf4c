"""What plugins bring, what is said when one is missing, misspelt or claims another's name."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from wenzheng_core import (
    CalendarData,
    City,
    InputFaultsError,
    PluginError,
    Plugins,
    UnknownError,
    hookimpl,
    load_plugins,
)
from wenzheng_core.cities import make_city
from wenzheng_core.hookspecs import Hooks
from wenzheng_core.memory import MemoryChannel, MemoryStorage
from wenzheng_core.plugins import read_city
from wenzheng_core.ports import KeyProvider
from wenzheng_core.testing.builders import sample_policy

HOOKS = sorted(name for name in vars(Hooks) if name.startswith("wenzheng_"))


def test_as_many_cities_are_installed_as_the_readme_counts() -> None:
    """Whatever is tested once a city is tested on all of them, and not on none."""
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    (counted,) = re.findall(r"the rules of (\d+) cities", readme)
    assert len(load_plugins().cities) == int(counted) > 0


def _plugin(hook: str, offers: object, name: str = "甲") -> ModuleType:
    """A plugin of one hook, as a module of its own."""

    def give() -> object:
        return offers

    give.__name__ = hook
    module = ModuleType(name)
    setattr(module, hook, hookimpl(give))
    return module


def _load(*plugins: object) -> Plugins:
    return load_plugins(extra=plugins, installed=False)


class _Provider:
    schemes = ("paper", "papyrus")

    def open(
        self, url: str, tenant: str, *, create: bool = True, keys: KeyProvider | None = None
    ) -> MemoryStorage:
        return MemoryStorage(f"{tenant}@{url}")


class _Source:
    id = "board"
    suffixes = (".txt",)

    def count(self, path: Path) -> int | None:
        return None

    def read(self, path: Path, source: str) -> Iterator[object]:
        return iter(())


# Every hook


def test_hook_wenzheng_policies() -> None:
    """A city is had by its id; an unknown one names those that are there."""
    plugins = _load(_plugin("wenzheng_policies", [make_city([sample_policy()])]))

    assert plugins.city("sample").versions.latest == sample_policy()
    with pytest.raises(UnknownError, match=r"没有名为「nowhere」的城市办法;现有:sample$"):
        plugins.city("nowhere")


def test_hook_wenzheng_calendars() -> None:
    """A calendar is had by its name and built once."""
    plugins = _load(_plugin("wenzheng_calendars", list(load_plugins().calendars.values())))

    assert plugins.calendar("cn") is plugins.calendar("cn")


def test_hook_wenzheng_storage() -> None:
    """A store is opened by the scheme of its URL, with or without a driver."""
    plugins = _load(_plugin("wenzheng_storage", [_Provider()]))

    assert plugins.open_storage("paper://desk", "li").tenant == "li@paper://desk"
    assert plugins.open_storage("papyrus+ink:roll", "li").tenant == "li@papyrus+ink:roll"
    assert plugins.open_storage("memory://", "li").tenant == "li"


def test_hook_wenzheng_channels() -> None:
    """A channel is had by its name."""
    channel = MemoryChannel("pigeon")

    assert _load(_plugin("wenzheng_channels", [channel])).channels == {"pigeon": channel}


def test_hook_wenzheng_sources() -> None:
    """A source is had by its id, and need not inherit from anything."""
    source = _Source()

    assert _load(_plugin("wenzheng_sources", [source])).source("board") is source


def test_hook_wenzheng_anchors() -> None:
    """Anchors are had by the scheme of their URL; an unknown one says how to get some."""
    provider = SimpleNamespace(
        schemes=("notary",), anchor=print, signer=print, verifier=print, make_key=print
    )
    plugins = _load(_plugin("wenzheng_anchors", [provider]))

    assert plugins.anchor_provider("notary://office/1") is provider
    with pytest.raises(UnknownError, match="pip install wenzheng-audit"):
        _load().anchor_provider("file:///anchor.jsonl")


def test_every_hook_has_a_test() -> None:
    """There is a test named after each hook."""
    tests = {name.removeprefix("test_hook_") for name in globals() if name.startswith("test_hook_")}

    assert tests == set(HOOKS)


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented(hook: str) -> None:
    """Each hook has a heading in the docs, with its real signature and its own sentence."""
    page = (Path(__file__).parents[1] / "docs" / "hooks.md").read_text("utf-8")
    found = re.search(rf"^## {hook}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, f"docs/hooks.md has no heading for {hook}"
    function = getattr(Hooks, hook)
    parameters = [p for p in inspect.signature(function).parameters if p != "self"]

    returned = function.__annotations__["return"]
    assert f"{hook}({', '.join(parameters)}) -> {returned}" in found[1]
    assert inspect.getdoc(function) in found[1]
    assert "load_plugins(extra=[" in found[1]


# What goes wrong


@pytest.mark.parametrize(
    ("hook", "offer", "name"),
    [
        ("wenzheng_policies", make_city([sample_policy()]), "sample"),
        ("wenzheng_calendars", CalendarData("cn", ()), "cn"),
        ("wenzheng_storage", _Provider(), "paper"),
        ("wenzheng_channels", MemoryChannel("sms"), "sms"),
        ("wenzheng_sources", _Source(), "board"),
    ],
)
def test_two_claim_one_name(hook: str, offer: object, name: str) -> None:
    """Two plugins that offer one name are an error that names both of them and the hook."""
    plugins = _load(_plugin(hook, [offer], "wenzheng_a"), _plugin(hook, [offer], "wenzheng_b"))
    what = {"policies": "cities", "storage": "storages"}.get(hook[9:], hook[9:])

    with pytest.raises(PluginError) as caught:
        getattr(plugins, what)
    for part in ("wenzheng_a", "wenzheng_b", f"「{name}」", hook):
        assert part in str(caught.value)
    assert (hook == "wenzheng_policies") is ("或改其中一份 policy.toml 的 id" in str(caught.value))


def _draft(name: str) -> ModuleType:
    """A city's plugin whose policy is at fault."""
    module = ModuleType(name)

    def wenzheng_policies() -> list[City]:
        return [read_city({"policy.toml": 'schema = "wenzheng.policy/1"\n'}, name)]

    module.wenzheng_policies = hookimpl(wenzheng_policies)  # type: ignore[attr-defined]
    return module


def test_a_faulty_city_stops_no_other() -> None:
    """One city's faulty draft leaves the others sound, and is kept under its plugin's name."""
    sound = _plugin("wenzheng_policies", [make_city([sample_policy()])])
    plugins = _load(sound, _draft("wenzheng_hangzhou"))

    assert plugins.city("sample").id == "sample"
    assert list(plugins.cities) == ["sample"]
    assert list(plugins.faulty) == ["wenzheng_hangzhou"]


@pytest.mark.parametrize("city_id", ["hangzhou", "wenzheng_hangzhou"])
def test_a_faulty_city_that_is_asked_for(city_id: str) -> None:
    """The city whose own files are at fault raises all its faults."""
    plugins = _load(_draft("wenzheng_hangzhou"))

    with pytest.raises(InputFaultsError) as caught:
        plugins.city(city_id)
    assert caught.value is plugins.faulty["wenzheng_hangzhou"]


def test_an_unknown_city_beside_a_faulty_one() -> None:
    """Where another city is not found, the faulty plugins and their first faults are mentioned."""
    plugins = _load(_draft("wenzheng_hangzhou"))

    with pytest.raises(UnknownError) as caught:
        plugins.city("nowhere")
    said = str(caught.value)
    assert "「wenzheng_hangzhou」有误而未载入:wenzheng_hangzhou/policy.toml:缺少" in said
    assert "尚未安装" not in said


def test_faulty_plugins_without_a_name() -> None:
    """Two faulty plugins of one class are both kept."""

    class Draft:
        @hookimpl
        def wenzheng_policies(self) -> list[City]:
            return [read_city({"policy.toml": ""}, "draft")]

    faulty = _load(Draft(), Draft()).faulty
    assert len(faulty) == 2
    assert any(name.endswith("Draft") for name in faulty)


def test_a_fault_of_another_hook_is_no_city() -> None:
    """Only cities are put off: a calendar at fault is told where calendars are asked for."""

    class Broken:
        @hookimpl
        def wenzheng_calendars(self) -> list[CalendarData]:
            raise InputFaultsError("years", ())

    plugins = _load(Broken())
    assert plugins.faulty == {}
    with pytest.raises(InputFaultsError):
        _ = plugins.calendars


def test_nobody_takes_the_place_of_memory() -> None:
    """The core's own store in memory is not silently preferred to a plugin's of that name."""
    thief = SimpleNamespace(schemes=("memory",), open=_Provider().open)

    with pytest.raises(PluginError, match="wenzheng_core"):
        _ = _load(_plugin("wenzheng_storage", [thief])).storages


def test_a_misspelt_hook() -> None:
    """A hook that there is not is refused when the plugins are loaded."""
    with pytest.raises(PluginError, match="wenzheng_citys"):
        _load(_plugin("wenzheng_citys", []))


def test_a_hook_that_asks_for_too_much() -> None:
    """A hook with an argument that nobody gives is refused when the plugins are loaded."""

    class Wrong:
        @hookimpl
        def wenzheng_policies(self, database: object) -> list[City]:
            return []

    with pytest.raises(PluginError, match="database"):
        _load(Wrong())


@pytest.mark.parametrize(
    ("hook", "read", "offers", "what"),
    [
        ("wenzheng_policies", lambda p: p.cities, ["changsha"], "应给出 City,得到的是 str"),
        ("wenzheng_policies", lambda p: p.cities, None, "应给出一个列表,得到的是 NoneType"),
        ("wenzheng_policies", lambda p: p.cities, make_city([sample_policy()]), "是 City$"),
        ("wenzheng_calendars", lambda p: p.calendars, "cn", "应给出一个列表,得到的是 str"),
        ("wenzheng_channels", lambda p: p.channels, [object()], "缺少 name、send"),
        ("wenzheng_channels", lambda p: p.channels, [MemoryChannel], r"缺少 \(\)"),
        ("wenzheng_storage", lambda p: p.storages, [_Source()], "缺少 open、schemes"),
        (
            "wenzheng_storage",
            lambda p: p.storages,
            [SimpleNamespace(schemes="paper", open=print)],
            "schemes: tuple",
        ),
        ("wenzheng_sources", lambda p: p.sources, [_Provider()], "缺少 count、id、read、suffixes"),
    ],
)
def test_a_hook_that_gives_the_wrong_thing(
    hook: str, read: Callable[[Plugins], object], offers: object, what: str
) -> None:
    """What a hook gives is checked: the error names plugin, hook, what was due and what came."""
    with pytest.raises(PluginError, match=f"插件「甲」的 {hook} .*{what}"):
        read(_load(_plugin(hook, offers)))


def test_a_plugin_given_twice() -> None:
    """An installed plugin that is given as an extra too counts once."""
    import wenzheng_changsha  # noqa: PLC0415 - only this test needs the installed city

    assert "changsha" in load_plugins(extra=[wenzheng_changsha]).cities


def test_two_sets_of_plugins_side_by_side() -> None:
    """Nothing is global: what one set has, another one has not."""
    here = _load(_plugin("wenzheng_channels", [MemoryChannel("sms")]))
    there = _load(_plugin("wenzheng_channels", [MemoryChannel("mail")]))

    assert (list(here.channels), list(there.channels)) == (["sms"], ["mail"])
