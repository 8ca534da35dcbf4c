"""``addresses.toml``: who holds which office, when they are away, and how they are reached.

Reading is pure: text in, book out, and every fault at once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date

import attrs

from wenzheng_channels.addresses import Absence, FixedBook, Person, Seat, Way
from wenzheng_core.domain.errors import Fault, InputFaultsError
from wenzheng_core.domain.messages import plain_phone
from wenzheng_core.tomlfile import lenient, make_converter, parse_toml

SCHEMA = "wenzheng.addresses/1"
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_MEMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
_MAILBOX = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_FORMS = {
    Way.PHONE: (_MOBILE, "写 11 位手机号"),
    Way.WECOM: (_MEMBER, "写企业微信通讯录中的账号(userid)"),
    Way.EMAIL: (_MAILBOX, "写 name@example.gov.cn 这样的邮箱"),
}


@attrs.frozen(kw_only=True)
class PersonTable:
    """``[[person]]``: somebody, with what addresses there are; nothing of it is shown."""

    id: str
    name: str
    phone: str = attrs.field(default="", repr=False)
    wecom: str = attrs.field(default="", repr=False)
    email: str = attrs.field(default="", repr=False)


@attrs.frozen(kw_only=True)
class SeatTable:
    """``[[office]]``: ``to`` as the core names the addressee, and who it is."""

    to: str
    persons: tuple[str, ...]
    title: str = ""
    fallback: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class AbsenceTable:
    """``[[absence]]``: from one day through another, both included."""

    person: str
    first: date = attrs.field(metadata={"key": "from"})
    through: date
    deputy: str = ""


@attrs.frozen(kw_only=True)
class AddressFile:
    """The whole of ``addresses.toml``."""

    schema: str
    person: tuple[PersonTable, ...] = ()
    office: tuple[SeatTable, ...] = ()
    absence: tuple[AbsenceTable, ...] = ()


def read_addresses(text: str, subject: str) -> FixedBook:
    """The address book in a file's text. Raises InputFaultsError with every fault of it."""
    salvaged = lenient(parse_toml(text, subject), AddressFile, make_converter())
    file = salvaged.value
    faults = (*salvaged.faults, *(() if salvaged.faults else _faults(file)))
    if faults:
        raise InputFaultsError(subject, faults)
    return FixedBook(
        persons=tuple(_person(table) for table in file.person),
        seats=tuple(
            Seat(to=each.to, persons=each.persons, title=each.title, fallback=each.fallback)
            for each in file.office
        ),
        absences=tuple(
            Absence(person=each.person, first=each.first, last=each.through, deputy=each.deputy)
            for each in file.absence
        ),
    )


def _written(table: PersonTable) -> dict[Way, str]:
    phone = plain_phone(table.phone) if table.phone else ""
    all_ways = {Way.PHONE: phone, Way.WECOM: table.wecom, Way.EMAIL: table.email}
    given = {Way.PHONE: table.phone, Way.WECOM: table.wecom, Way.EMAIL: table.email}
    return {way: all_ways[way] for way in Way if given[way]}


def _person(table: PersonTable) -> Person:
    return Person(id=table.id, name=table.name, addresses=_written(table))


def _faults(file: AddressFile) -> Iterator[Fault]:
    if file.schema != SCHEMA:
        yield Fault("文件的种类不对", "$.schema", f'写 schema = "{SCHEMA}"')
    yield from _twice("person", "id", [each.id for each in file.person])
    yield from _twice("office", "to", [each.to for each in file.office])
    known = {each.id for each in file.person}
    for place, person in enumerate(file.person):
        for way, value in _written(person).items():
            form, mend = _FORMS[way]
            if not form.fullmatch(value):
                yield Fault(f"{way.label}不对", f"$.person[{place}].{way.value}", mend)
    for place, office in enumerate(file.office):
        path = f"$.office[{place}]"
        yield from _unknown(office.persons, known, f"{path}.persons", "人员")
        offices = {each.to for each in file.office}
        yield from _unknown(office.fallback, offices, f"{path}.fallback", "职务")
    for place, absence in enumerate(file.absence):
        path = f"$.absence[{place}]"
        yield from _unknown([absence.person], known, f"{path}.person", "人员")
        yield from _unknown([absence.deputy] if absence.deputy else [], known, path, "代理人")
        if absence.through < absence.first:
            yield Fault("缺席的末日早于首日", f"{path}.through", "两日都算在内")


def _twice(table: str, key: str, ids: list[str]) -> Iterator[Fault]:
    for name, count in Counter(ids).items():
        if count > 1:
            where = f"$.{table}[{len(ids) - 1 - ids[::-1].index(name)}].{key}"
            yield Fault(f"「{name}」写了 {count} 次", where, "合并为一条")


def _unknown(names: Iterable[str], known: set[str], path: str, what: str) -> Iterator[Fault]:
    for name in names:
        if name not in known:
            yield Fault(f"没有名为「{name}」的{what}", path, f"先写出这一{what},或改名")
