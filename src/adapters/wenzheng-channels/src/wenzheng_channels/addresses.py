"""Who is meant by 「housing/liaison」: offices to persons, persons to numbers.

The core knows offices only. An address book knows who holds them today, who stands in for whom, and
to whom it goes if nobody is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Protocol

import attrs

from wenzheng_core.domain.instants import local_day
from wenzheng_core.ports import DeliveryError


class Way(StrEnum):
    """By what kind of address somebody is reached."""

    PHONE = "phone"
    WECOM = "wecom"
    EMAIL = "email"

    @property
    def label(self) -> str:
        """The Chinese word."""
        return _WAY_LABELS[self]


_WAY_LABELS = {Way.PHONE: "手机号", Way.WECOM: "企业微信账号", Way.EMAIL: "邮箱"}


@attrs.frozen
class Address:
    """One person's address; the address itself is in no repr."""

    person: str
    value: str = attrs.field(repr=False)


class AddressBook(Protocol):
    """Resolves an addressee of the core.

    Laws. What is resolved is never empty: nobody to reach is a DeliveryError that says whom to
    enter. The same person comes once. The answer follows from the arguments and the book alone.
    """

    def resolve(self, to: str, way: Way, at: datetime) -> tuple[Address, ...]:
        """Whom to reach at an instant. Raises DeliveryError, not permanent: the book can be mended."""

    def title(self, to: str) -> str:
        """The addressee as an officer reads it; ``to`` itself if the book has no name for it."""


@attrs.frozen(kw_only=True)
class Person:
    """Somebody who holds an office; ``addresses`` by way, none of them shown."""

    id: str
    name: str
    addresses: dict[Way, str] = attrs.field(repr=False, factory=dict)


@attrs.frozen(kw_only=True)
class Absence:
    """Somebody is away, both days included; ``deputy`` stands in, or nobody."""

    person: str
    first: date
    last: date
    deputy: str = ""


@attrs.frozen(kw_only=True)
class Seat:
    """Who holds an office, and to which offices it goes if none of them can be reached."""

    to: str
    persons: tuple[str, ...]
    title: str = ""
    fallback: tuple[str, ...] = ()


@attrs.frozen(kw_only=True, slots=False)
class FixedBook:
    """An :class:`AddressBook` of values; :mod:`wenzheng_channels.addressfile` reads one from a file."""

    persons: tuple[Person, ...] = ()
    seats: tuple[Seat, ...] = ()
    absences: tuple[Absence, ...] = ()

    @cached_property
    def _by_id(self) -> dict[str, Person]:
        return {person.id: person for person in self.persons}

    @cached_property
    def _by_office(self) -> dict[str, Seat]:
        return {seat.to: seat for seat in self.seats}

    def resolve(self, to: str, way: Way, at: datetime) -> tuple[Address, ...]:
        """Whom to reach: the first of the office and its fallbacks where somebody is there."""
        day = local_day(at)
        tried: dict[str, None] = {}
        waiting = [to]
        while waiting:
            office = waiting.pop(0)
            if office in tried:
                continue
            tried[office] = None
            seat = self._by_office.get(office)
            if seat is None:
                continue
            if found := self._reached(seat.persons, way, day):
                return found
            waiting.extend(seat.fallback)
        where = "、".join(f"「{office}」" for office in tried)
        raise DeliveryError(
            f"通讯录中没有今天可用的{way.label}:已查 {where};请填写「{to}」的人员、{way.label}或代理人"
        )

    def title(self, to: str) -> str:
        """The title that the book gives the office."""
        seat = self._by_office.get(to)
        return seat.title if seat and seat.title else to

    def _reached(self, persons: Iterable[str], way: Way, day: date) -> tuple[Address, ...]:
        present = dict.fromkeys(found for each in persons if (found := self._present(each, day)))
        return tuple(
            Address(person.name, person.addresses[way])
            for each in present
            if way in (person := self._by_id[each]).addresses
        )

    def _present(self, person: str, day: date) -> str:
        """The person, or who stands in on that day, along the chain of deputies; "" for nobody."""
        met: set[str] = set()
        while person and person not in met:
            met.add(person)
            away = next(self._absences_of(person, day), None)
            if away is None:
                return person
            person = away.deputy
        return ""

    def _absences_of(self, person: str, day: date) -> Iterator[Absence]:
        for absence in self.absences:
            if absence.person == person and absence.first <= day <= absence.last:
                yield absence
