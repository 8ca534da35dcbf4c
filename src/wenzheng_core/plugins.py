"""Finding and checking plugins; the only reader of entry points.

A :class:`Plugins` is made by a function and handed on: nothing is global, so two of them with
different plugins live in one process side by side.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from importlib import resources
from types import MappingProxyType, ModuleType
from typing import Any, TypeVar

import attrs
import pluggy

from wenzheng_core.admission import faults_of
from wenzheng_core.cities import (
    City,
    Examples,
    GoldenCase,
    Story,
    Waiver,
    make_city,
    read_cases,
    read_policy,
    read_stories,
    read_units,
)
from wenzheng_core.domain.calendars import Calendar, CalendarData, build_calendar
from wenzheng_core.domain.errors import (
    ArgumentError,
    Fault,
    InputFaultsError,
    PluginError,
    UnknownError,
    require_kind,
    require_text,
)
from wenzheng_core.domain.units import Units
from wenzheng_core.hookspecs import PROJECT, Hooks
from wenzheng_core.memory import MemoryStorageProvider
from wenzheng_core.ports import (
    AnchorProvider,
    Channel,
    KeyProvider,
    SchemaKeeper,
    Source,
    Storage,
    StorageProvider,
)
from wenzheng_core.waivers import read_waivers

T = TypeVar("T")

CITY_FILES = ("policy.toml", "units.toml", "cases.toml", "stories.toml", "waivers.toml")
HOW_TO_GET = {
    "城市办法": "pip install wenzheng-changsha(或其他城市的插件)",
    "日历": "pip install wenzheng-calendar-cn",
    "存储": "pip install wenzheng-sqlalchemy",
    "来源": "pip install wenzheng-sources",
    "锚定": "pip install wenzheng-audit",
}

HOW_TO_PART = {"wenzheng_policies": ",或改其中一份 policy.toml 的 id"}


def load_plugins(extra: Iterable[object] = (), *, installed: bool = True) -> Plugins:
    """All installed plugins and any ``extra`` ones. Raises PluginError if one is unsound."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(Hooks)
    try:
        if installed:
            _load_installed(manager)
        for plugin in extra:
            if not manager.is_registered(plugin):
                manager.register(plugin)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(f"插件不合规:{error}") from error
    return Plugins(manager)


def _load_installed(manager: pluggy.PluginManager) -> None:
    try:
        manager.load_setuptools_entrypoints(PROJECT)
    except ImportError as error:
        raise PluginError(f"有已安装的插件无法载入:{error};请重装或卸去该插件") from error


@attrs.frozen(slots=False)
class Plugins:
    """What the plugins offer, by name; two that claim one name are an error."""

    manager: pluggy.PluginManager = attrs.field(repr=False)

    @cached_property
    def cities(self) -> Mapping[str, City]:
        """Cities by id, every one examined; what is wrong with the others stands in ``faulty``."""
        return self._examined[0]

    @cached_property
    def faulty(self) -> Mapping[str, InputFaultsError]:
        """What is wrong with the others.

        By the name of the plugin whose files could not be read, or by the id of the city on whose
        rules a required property fails.
        """
        return self._examined[1]

    @cached_property
    def _examined(self) -> tuple[Mapping[str, City], Mapping[str, InputFaultsError]]:
        cities, unread = self._read
        refused = {name: error for name, city in cities.items() if (error := _refused(city))}
        sound = {name: city for name, city in cities.items() if name not in refused}
        return MappingProxyType(sound), MappingProxyType({**unread, **refused})

    @cached_property
    def _read(self) -> tuple[Mapping[str, City], Mapping[str, InputFaultsError]]:
        faulty: dict[str, InputFaultsError] = {}
        hook = "wenzheng_policies"
        cities = self._named(hook, City, lambda city: (city.id,), faulty=faulty)
        return cities, faulty

    @cached_property
    def calendars(self) -> Mapping[str, CalendarData]:
        """Calendar data by name."""
        return self._named("wenzheng_calendars", CalendarData, lambda data: (data.name,))

    @cached_property
    def channels(self) -> Mapping[str, Channel]:
        """Channels by name."""
        return self._named("wenzheng_channels", Channel, lambda channel: (channel.name,))

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """Sources by id."""
        return self._named("wenzheng_sources", Source, lambda source: (source.id,))

    @cached_property
    def anchors(self) -> Mapping[str, AnchorProvider]:
        """Anchor providers by URL scheme."""
        return self._named("wenzheng_anchors", AnchorProvider, lambda provider: provider.schemes)

    @cached_property
    def storages(self) -> Mapping[str, StorageProvider]:
        """Storage providers by URL scheme; ``memory`` comes with the core."""
        own = MemoryStorageProvider()
        given = dict.fromkeys(own.schemes, ("wenzheng_core", own))
        hook = "wenzheng_storage"
        return self._named(hook, StorageProvider, lambda provider: provider.schemes, given)

    def city(self, city_id: str) -> City:
        """The city of that id, examined. Raises UnknownError.

        Raises InputFaultsError where its files cannot be read or a required property fails on its
        rules; neither stops any other city.
        """
        found = self.unchecked(city_id)
        if error := _refused(found):
            raise error
        return found

    def unchecked(self, city_id: str) -> City:
        """The city of that id as it was read: for whoever examines it, not for deciding by it.

        Raises UnknownError, or the InputFaultsError of its plugin.
        """
        cities, unread = self._read
        if city_id not in cities:
            for name, faults in unread.items():
                if city_id in (name, name.removeprefix("wenzheng_")):
                    raise faults
        told = ";".join(_first_fault(name, faults) for name, faults in unread.items())
        return _get(cities, city_id, "城市办法", told)

    def calendar(self, name: str) -> Calendar:
        """The calendar of that name, built once. Raises UnknownError."""
        if name not in self._built:
            self._built[name] = build_calendar(_get(self.calendars, name, "日历"))
        return self._built[name]

    def source(self, source_id: str) -> Source:
        """The source of that id. Raises UnknownError."""
        return _get(self.sources, source_id, "来源")

    def anchor_provider(self, url: str) -> AnchorProvider:
        """Who knows anchors and keys with URLs of this scheme. Raises UnknownError."""
        return _get(self.anchors, url.partition(":")[0], "锚定")

    def open_storage(
        self, url: str, tenant: str, *, create: bool = True, keys: KeyProvider | None = None
    ) -> Storage:
        """Open a store by URL. Raises UnknownError for a scheme that no plugin opens.

        ``create``, ``keys``: see :class:`~wenzheng_core.ports.StorageProvider`.
        """
        return self._provider(url).open(url, tenant, create=create, keys=keys)

    def schema_keeper(self, url: str) -> SchemaKeeper | None:
        """Who looks after the tables of the store at a URL; None for one that has no tables.

        Raises UnknownError for a scheme that no plugin opens.
        """
        provider = self._provider(url)
        return provider if isinstance(provider, SchemaKeeper) else None

    def _provider(self, url: str) -> StorageProvider:
        scheme = url.partition(":")[0].partition("+")[0]
        return _get(self.storages, scheme, "存储")

    @cached_property
    def _built(self) -> dict[str, Calendar]:
        return {}

    def _named(
        self,
        hook: str,
        kind: type[Any],
        names: Callable[[Any], Iterable[str]],
        given: Mapping[str, tuple[str, Any]] = MappingProxyType({}),
        faulty: dict[str, InputFaultsError] | None = None,
    ) -> dict[str, Any]:
        found = dict(given)
        for implementation in getattr(self.manager.hook, hook).get_hookimpls():
            where = _label(implementation.plugin)
            try:
                offers = _offers(implementation, where, kind)
            except InputFaultsError as error:
                if faulty is None:
                    raise
                faulty[_plugin_name(implementation, faulty)] = error
                continue
            for offer in offers:
                for name in names(offer):
                    if name in found:
                        both = f"「{found[name][0]}」与「{where}」"
                        mend = f"请卸去其一{HOW_TO_PART.get(hook, '')}"
                        raise PluginError(f"插件{both}都提供「{name}」({hook});{mend}")
                    found[name] = where, offer
        return {name: offer for name, (_, offer) in found.items()}


def _offers(implementation: pluggy.HookImpl, where: str, kind: type[Any]) -> list[Any]:
    hook = implementation.function.__name__
    offers = implementation.function()
    if not isinstance(offers, Iterable) or isinstance(offers, str | Mapping):
        what = type(offers).__name__
        raise PluginError(f"插件「{where}」的 {hook} 应给出一个列表,得到的是 {what}")
    offers = list(offers)
    for offer in offers:
        if lacking := _lacking(offer, kind):
            what = f"{type(offer).__name__}(缺少 {'、'.join(lacking)})"
            raise PluginError(f"插件「{where}」的 {hook} 应给出 {kind.__name__},得到的是 {what}")
    return offers


def _lacking(offer: object, kind: type[Any]) -> list[str]:
    """What an offer lacks of its kind; an adapter need not inherit from its protocol."""
    if not getattr(kind, "_is_protocol", False):
        return [] if isinstance(offer, kind) else [kind.__name__]
    if isinstance(offer, type):
        return ["()"]
    wanted = {name for name in (*kind.__annotations__, *vars(kind)) if not name.startswith("_")}
    lacking = sorted(name for name in wanted if not hasattr(offer, name))
    if isinstance(getattr(offer, "schemes", ()), str):
        lacking.append("schemes: tuple")
    return lacking


def _label(plugin: object) -> str:
    """A plugin as its author calls it: its module, or the class of an object."""
    return str(getattr(plugin, "__name__", type(plugin).__qualname__))


def _plugin_name(implementation: pluggy.HookImpl, taken: Mapping[str, Any]) -> str:
    """The name of its entry point, or of the module or class that was given as an extra."""
    name = implementation.plugin_name
    label = _label(implementation.plugin) if name.isdecimal() else name
    return name if label in taken else label


def _refused(city: City) -> InputFaultsError | None:
    faults = faults_of(city)
    return InputFaultsError(f"「{city.id}」的规则未通过检验", faults) if faults else None


def _first_fault(name: str, error: InputFaultsError) -> str:
    return f"插件「{name}」有误而未载入:{error.subject}:{error.faults[0]},共 {len(error.faults)} 处"


def channels_by_name(channels: Mapping[str, Channel] | Iterable[Channel]) -> dict[str, Channel]:
    """Channels each under its own name, or under the names of a mapping. Raises ArgumentError."""
    require_kind(channels, Iterable, "channels", "[Sms()]")
    if isinstance(channels, Mapping):
        named = list(channels.items())
    else:
        named = [(getattr(channel, "name", ""), channel) for channel in channels]
    for name, channel in named:
        if isinstance(channel, type) or not callable(getattr(channel, "send", None)):
            came = f"类 {channel.__name__} 本身" if isinstance(channel, type) else repr(channel)
            raise ArgumentError("channels", f"渠道须有 send(to, text, keys),得到的是 {came}")
        require_text(name, "channels.name")
    return dict(named)


def _get(found: Mapping[str, T], name: str, kind: str, mend: str = "") -> T:
    if name in found:
        return found[name]
    installed = [other for other in found if other not in MemoryStorageProvider().schemes]
    if not installed and not mend:
        mend = f"尚未安装任何{kind}插件,可执行 {HOW_TO_GET[kind]}"
    raise UnknownError(kind, name, tuple(sorted(found)), mend)


def city(package: str | ModuleType) -> City:
    """A city from the TOML files in its package, named in ``CITY_FILES``.

    Each ``policy*.toml`` is one dated version. Raises InputFaultsError with every fault of a file.
    """
    label = package if isinstance(package, str) else package.__name__
    texts = {
        item.name: _text(item.read_bytes(), f"{label}/{item.name}")
        for item in resources.files(package).iterdir()
        if item.name.endswith(".toml")
    }
    return read_city(texts, label)


def _text(content: bytes, subject: str) -> str:
    try:
        return content.decode("utf-8-sig")  # some editors put a mark before the first character
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        fault = Fault("文件不是 UTF-8 编码", f"第{line}行", "用编辑器另存为 UTF-8 编码")
        raise InputFaultsError(subject, (fault,)) from None


def read_city(texts: Mapping[str, str], label: str) -> City:
    """A city from the texts of its files by name. Raises InputFaultsError, PluginError."""
    for name in set(texts) - set(CITY_FILES):
        near = difflib.get_close_matches(name, CITY_FILES, n=1, cutoff=0.8)
        if near and not name.startswith("policy"):
            raise PluginError(f"「{label}」的 {name} 不会被读取;是否应为 {near[0]}?")
    policies = [
        read_policy(texts[name], f"{label}/{name}")
        for name in sorted(texts)
        if name.startswith("policy")
    ]
    if not policies:
        raise PluginError(f"「{label}」没有 policy.toml")
    units, stories, waivers = Units(), tuple[Story, ...](), tuple[Waiver, ...]()
    cases: tuple[tuple[GoldenCase, ...], Examples] = ((), Examples())
    if "units.toml" in texts:
        units = read_units(texts["units.toml"], f"{label}/units.toml")
    if "cases.toml" in texts:
        cases = read_cases(texts["cases.toml"], f"{label}/cases.toml")
    if "stories.toml" in texts:
        stories = read_stories(texts["stories.toml"], units, f"{label}/stories.toml")
    if "waivers.toml" in texts:
        from wenzheng_core.proofs.verifying import CATALOGUE  # noqa: PLC0415 - takes a while

        known = [each.id for each in CATALOGUE]
        waivers = read_waivers(texts["waivers.toml"], known, f"{label}/waivers.toml")
    return make_city(policies, units, *cases, stories, waivers)
