"""Opening an office: an installed city over the store at a URL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wenzheng_core.cities import City
from wenzheng_core.clock import SystemClock
from wenzheng_core.domain.errors import ArgumentError, require_text
from wenzheng_core.office import Office
from wenzheng_core.plugins import Plugins, channels_by_name, load_plugins
from wenzheng_core.ports import Channel, KeyProvider, Storage, TimeSource


def open_office(  # noqa: PLR0913 - the parts of an office, each by name
    url: str,
    *,
    city: str,
    tenant: str | None = None,
    clock: TimeSource | None = None,
    channels: Mapping[str, Channel] | Iterable[Channel] = (),
    plugins: Plugins | None = None,
    create: bool = True,
    keys: KeyProvider | None = None,
) -> Office:
    """An office of an installed city over the store at a URL, such as ``sqlite:///wenzheng.db``.

    ``tenant`` defaults to the city's id; ``channels`` come on top of those of plugins: a list of
    them, each under its own name, or a mapping from names of your own; without ``create`` a store
    that does not exist yet is an error; ``keys`` are those under which personal data is sealed, see
    :class:`~wenzheng_core.ports.StorageProvider`. Raises ArgumentError, also for a
    tenant whose cases are of another city's policy, and UnknownError for a city, calendar
    or store that no plugin brings, and says how to get it.
    """
    require_text(url, "url")
    require_text(city, "city")
    found = plugins or load_plugins()
    chosen = found.city(city)
    storage = found.open_storage(url, tenant or chosen.id, create=create, keys=keys)
    try:
        _require_own(storage, chosen)
    except ArgumentError:
        storage.close()
        raise
    return Office(
        city=chosen,
        storage=storage,
        calendar=found.calendar(chosen.versions.latest.calendar),
        clock=clock or SystemClock(),
        channels={**found.channels, **channels_by_name(channels)},
    )


def _require_own(storage: Storage, city: City) -> None:
    """Raise ArgumentError if a case of the tenant, and so all of them, is of another city's policy."""
    for case_id in storage.case_ids(limit=1):
        try:
            case = storage.case(case_id)
        except Exception:  # one that cannot be read is for an audit to tell of
            storage.head()  # raises if the store itself is away
            return
        own = {city.versions.id, *(policy.id for policy in city.versions.versions)}
        if case is not None and case.policy not in own:
            what = f"「{storage.tenant}」存的是「{case.policy}」的办件,不是「{city.id}」的"
            raise ArgumentError("tenant", f"租户{what};请核对 --city 与 --tenant")
