"""The hooks: few, each with one sentence. A plugin implements those it has something for.

What an integrator wants to observe goes through the records of the cases, which cannot be missed,
not through a hook, which can.
"""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from wenzheng_core.cities import City
from wenzheng_core.domain.calendars import CalendarData
from wenzheng_core.ports import AnchorProvider, Channel, Source, StorageProvider

PROJECT = "wenzheng"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


class Hooks:
    """What a plugin may offer."""

    @hookspec
    def wenzheng_policies(self) -> Iterable[City]:
        """Cities with their policies, units and golden cases."""
        return ()

    @hookspec
    def wenzheng_calendars(self) -> Iterable[CalendarData]:
        """Calendars, by the names that policies ask for."""
        return ()

    @hookspec
    def wenzheng_storage(self) -> Iterable[StorageProvider]:
        """Ways to open a store by the scheme of its URL."""
        return ()

    @hookspec
    def wenzheng_channels(self) -> Iterable[Channel]:
        """Channels by which units and citizens are told."""
        return ()

    @hookspec
    def wenzheng_sources(self) -> Iterable[Source]:
        """Readers of what platforms export."""
        return ()

    @hookspec
    def wenzheng_anchors(self) -> Iterable[AnchorProvider]:
        """Places outside the database where signed checkpoints of its history are kept."""
        return ()
