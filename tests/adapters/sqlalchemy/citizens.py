"""Twenty citizens who are easy to find, their cases, and the places in which to look for them."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import attrs
from sqlalchemy import Engine, select

from wenzheng_core import (
    Accept,
    Approve,
    Assign,
    Claim,
    Contact,
    Erase,
    FixedClock,
    Message,
    Office,
    Publish,
    Report,
    Review,
    wire,
)
from wenzheng_core.chains import case_link, link
from wenzheng_core.cities import make_city
from wenzheng_core.domain.commands import CallBack, Command, LogContact
from wenzheng_core.exporting import export
from wenzheng_core.memory import MemoryChannel
from wenzheng_core.ports import Change, Evidence, Outgoing
from wenzheng_core.testing.builders import (
    CLERK,
    HOUR,
    HOUSING,
    MAYOR,
    START,
    sample_calendar,
    sample_message,
    sample_policy,
    sample_rules,
)
from wenzheng_sqlalchemy import KeyFile, SqlStorage, make_engine
from wenzheng_sqlalchemy.tables import CASE_KEY, METADATA

TENANT = "t"
SIGNS = "春夏秋冬东西南北金木水火土山石田禾林竹梅"


@attrs.frozen
class Citizen:
    """One of twenty, each with a name, a nickname, a telephone and a street of their own."""

    sign: str
    number: int

    @property
    def name(self) -> str:
        """The name."""
        return f"欧阳{self.sign}生"

    @property
    def phone(self) -> str:
        """The telephone number."""
        return f"1395550{self.number:02d}{97 - self.number}"

    @property
    def marks(self) -> tuple[str, ...]:
        """What gives the citizen away, wherever it is found."""
        return self.name, self.phone, f"拾遗巷{self.sign}字号", f"漂泊的{self.sign}鱼"

    @property
    def message(self) -> Message:
        """What the citizen wrote, with all of that in it."""
        name, phone, street, nick = self.marks
        return attrs.evolve(
            sample_message(str(self.number)),
            title=f"{name}门口的路灯",
            body=f"我是{name},住{street},电话{phone}。",
            author=nick,
            contact=Contact(name, phone, street),
        )

    @property
    def later(self) -> Message:
        """What the citizen wrote afterwards."""
        name, phone, street, _ = self.marks
        contact = Contact(name, f"+86 {phone}", f"{street}二楼")
        return attrs.evolve(self.message, body=f"{name}再说一遍:{street}。", contact=contact)


CITIZENS = tuple(Citizen(sign, number) for number, sign in enumerate(SIGNS))
LIFE: tuple[tuple[Command, Any], ...] = (
    (Accept(), CLERK),
    (Assign(lead="housing"), CLERK),
    (Claim(), HOUSING),
    (LogContact(reached=True), HOUSING),
    (Report(findings="已查看。", proposed_reply="您好,路灯已修复。"), HOUSING),
    (Review(), CLERK),
    (Approve(), MAYOR),
    (Publish(), CLERK),
    (CallBack(reached=True), CLERK),
)


def forms(text: str) -> tuple[bytes, ...]:
    """A text as it may stand somewhere: in several encodings, and escaped as JSON escapes."""
    encodings = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
    escaped = text.encode("ascii", "backslashreplace")
    capital = escaped.upper().replace(rb"\U", rb"\u")
    return escaped, capital, *(text.encode(encoding) for encoding in encodings)


MARKS = tuple(mark for citizen in CITIZENS for mark in citizen.marks)
BEGINNINGS = {mark[:2] for mark in MARKS}


def found_in(*where: bytes) -> set[str]:
    """The marks that stand somewhere."""
    whole = b"\n".join(where)
    stands = {x for x in BEGINNINGS if any(form in whole for form in forms(x))}
    hopeful = (mark for mark in MARKS if mark[:2] in stands)
    return {mark for mark in hopeful if any(form in whole for form in forms(mark))}


def office_of(store: SqlStorage, channel: MemoryChannel) -> Office:
    """An office with the sample rules over a store."""
    return Office(
        city=make_city([sample_policy()], sample_rules().units),
        storage=store,
        calendar=sample_calendar(),
        clock=FixedClock(START),
        channels=dict.fromkeys(("sms", "publish", "reply"), channel),
    )


def live(office: Office, citizens: Sequence[Citizen] = CITIZENS) -> list[str]:
    """The citizens' cases through a whole life; the ids."""
    clock = office.clock
    assert isinstance(clock, FixedClock)
    ids = [office.receive(citizen.message).case.id for citizen in citizens]
    clock.move_to(START + HOUR)
    assert not any(office.receive(citizen.later).repeated for citizen in citizens)
    for number, (command, actor) in enumerate(LIFE):
        if number == 4:  # late, so that there are cards and notices of them
            clock.move_to(START + 240 * HOUR)
            assert office.sweep().fired
        for case_id in ids:
            office.execute(case_id, command, actor=actor, key=f"{case_id}/{number}")
    assert office.deliver().sent
    return ids


def erase(office: Office, ids: Sequence[str]) -> None:
    """Erase everything personal."""
    command = Erase(reason="目的已实现", words=True)
    for case_id in ids:
        office.execute(case_id, command, actor=CLERK, key=f"{case_id}/erase")


def evidence(store: SqlStorage) -> list[Evidence]:
    """All that is chained."""
    found: list[Evidence] = []
    while page := store.evidence(len(found)):
        found += page
    return found


def chained(store: SqlStorage) -> bool:
    """Whether the links follow from what is stored, from the first to the head."""
    ends: dict[str, bytes] = {}
    last = b""
    for item in evidence(store):
        ends[item.case_id] = case_link(ends.get(item.case_id, b""), store.tenant, item)
        last = link(last, item)
        if (ends[item.case_id], last) != (item.case_link, item.link):
            return False
    return last == store.head().link


def shown(office: Office, ids: Sequence[str]) -> bytes:
    """All that the store shows of cases by its own words: values, reprs, exports."""
    store = office.storage
    assert isinstance(store, SqlStorage)
    seen: list[object] = [store, list(store.scan()), store.feed(limit=5000)]
    for case_id in ids:
        records = store.records(case_id)
        seen += [store.case(case_id), office.explain(case_id), records]
        seen += [wire.to_json(wire.case_to_dict(office.case(case_id)))]
        seen += [wire.to_json(wire.record_to_dict(record, personal=True)) for record in records]
    seen += [item.body.decode() for item in evidence(store)]
    seen += [letter.item.text for letter in store.dead_letters()]
    export(store, exported := StringIO(), personal=True)
    seen += [exported.getvalue()]
    return "\n".join(map(str, seen)).encode()


def dumped(engine: Engine) -> list[bytes]:
    """Every value of every table."""
    with engine.connect() as connection:
        rows = [
            row for table in METADATA.sorted_tables for row in connection.execute(select(table))
        ]
    values = [value for row in rows for value in row]
    return [value if isinstance(value, bytes) else str(value).encode() for value in values]


def held(url: str) -> list[bytes]:
    """All that lies in a database: every value of every table, and the bytes of SQLite's files."""
    engine = make_engine(url)
    values = dumped(engine)
    engine.dispose()
    return values + files(url)


def files(url: str) -> list[bytes]:
    """SQLite's files: the database, the log ahead of it and its index; none of a server."""
    if not url.startswith("sqlite"):
        return []
    place = Path(url.removeprefix("sqlite:///"))
    return [path.read_bytes() for path in place.parent.glob(f"{place.name}*")]


def stored_keys(url: str) -> list[bytes]:
    """The wrapped keys of all cases."""
    engine = make_engine(url)
    with engine.connect() as connection:
        found = list(connection.scalars(select(CASE_KEY.c.wrapped)))
    engine.dispose()
    return found


def key_file(folder: Path) -> KeyFile:
    """A file with the keys of the tenant."""
    made = KeyFile.create(folder / "keys.json")
    made.add(TENANT)
    return made


def tell(store: SqlStorage, ids: Sequence[str]) -> None:
    """Put down replies that name the citizen: one that went out, one that died."""
    for citizen, case_id in zip(CITIZENS, ids, strict=True):
        items = [
            Outgoing(
                key=f"{case_id}/9/{place}",
                case_id=case_id,
                channel="reply",
                to="sample",
                text=f"{citizen.name}您好",
                ready_at=START + 900 * HOUR,
            )
            for place in range(2)
        ]
        with store.transaction() as transaction:
            transaction.enter([], items)
            transaction.sent(items[0].key, START, "receipt")
            transaction.failed(items[1].key, START, "停机", retry_at=None)


def all_of(citizens: Sequence[Citizen]) -> set[str]:
    """What gives them away."""
    return {mark for citizen in citizens for mark in citizen.marks}


def write_and_stop(store: SqlStorage, change: Change) -> None:
    """Write a change in a block that then raises KeyError."""
    with store.transaction() as transaction:
        transaction.case(change.case.id)
        transaction.write([change])
        raise KeyError
