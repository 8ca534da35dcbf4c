"""An office over one database, and a story of everything that it writes, step by step.

Each step may be asked again after a failure, and then brings about what it would have the first time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import attrs
from sqlalchemy import Engine, select

from wenzheng_core import (
    Accept,
    Archive,
    Assign,
    Decline,
    DeliveryError,
    Erase,
    Fed,
    FixedClock,
    Leasing,
    Office,
    Record,
    RecordedMessage,
    Transaction,
)
from wenzheng_core.cities import make_city
from wenzheng_core.domain.cadences import parse_cadence
from wenzheng_core.domain.schedules import ReportKind, Schedule
from wenzheng_core.ports import Entry
from wenzheng_core.testing.builders import (
    CLERK,
    HOUR,
    START,
    sample_calendar,
    sample_message,
    sample_policy,
    sample_rules,
)
from wenzheng_sqlalchemy import SqlStorage
from wenzheng_sqlalchemy.tables import ANSWER, OUTBOX

LATER = START + timedelta(days=30)
LEASE = timedelta(minutes=2)
TENANT = "scene"


class Gateway:
    """A channel whose receipts follow from the addressee, and which refuses some for good."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.refused: frozenset[str] = frozenset()
        self.accepted: list[str] = []

    def send(self, to: str, text: str, keys: Sequence[str]) -> str:
        """Accept a text or refuse it. Raises DeliveryError."""
        if to in self.refused:
            raise DeliveryError("查无此号", permanent=True)
        self.accepted += keys
        return f"receipt of {to}"


@attrs.frozen
class Scene:
    """The office, and what stands around it."""

    engine: Engine
    office: Office
    gateway: Gateway
    clock: FixedClock

    @property
    def storage(self) -> SqlStorage:
        """The office's store."""
        storage = self.office.storage
        assert isinstance(storage, SqlStorage)
        return storage

    def id_of(self, number: str) -> str:
        """The id of a message's case."""
        return self.office.case_of("sample", number).id


def scene_on(engine: Engine, tenant: str = TENANT) -> Scene:
    """A scene over a database; what is there from before stays."""
    kinds = (
        ("digest", ReportKind.WEEKLY_DIGEST, "每周一"),
        ("special", ReportKind.SPECIAL, "随时"),
    )
    schedules = tuple(
        Schedule(id=name, kind=kind, cadence=parse_cadence(every), to=("office",), basis="样例")
        for name, kind, every in kinds
    )
    policy = attrs.evolve(sample_policy(), schedules=schedules)
    gateway, clock = Gateway("sms"), FixedClock(START)
    office = Office(
        city=make_city([policy], sample_rules().units),
        storage=SqlStorage(engine, tenant),
        calendar=sample_calendar(),
        clock=clock,
        channels={"sms": gateway, "report": Gateway("report"), "publish": Gateway("publish")},
    )
    return Scene(engine, office, gateway, clock)


# --- The story ------------------------------------------------------------------------------------

Step = Callable[[Scene, int], Any]
"""A step, given the scene and how often it was tried before."""


def _receive(scene: Scene, _: int) -> Any:
    return scene.office.receive(sample_message("1"), at=START)


def _receive_another_text(scene: Scene, _: int) -> Any:
    message = sample_message("1", body="路灯又坏了。", phone="13900000000")
    return scene.office.receive(message, at=START + HOUR)


def _receive_many(scene: Scene, _: int) -> Any:
    messages = [sample_message(n) for n in "234"] + [sample_message("2", body="另有井盖破损。")]
    rows = [RecordedMessage(row=n, message=m) for n, m in enumerate(messages, start=2)]
    return list(scene.office.receive_many(rows, batch=3))


def _accept(scene: Scene, _: int) -> Any:
    at = START + 2 * HOUR
    return [
        scene.office.execute(scene.id_of(n), Accept(), actor=CLERK, key=f"{n}/accept", at=at)
        for n in "12"
    ]


def _assign(scene: Scene, _: int) -> Any:
    at, assign = START + 3 * HOUR, Assign(lead="housing")
    return [
        scene.office.execute(scene.id_of(n), assign, actor=CLERK, key=f"{n}/assign", at=at)
        for n in "12"
    ]


def _log_poll(scene: Scene, _: int) -> Any:
    return scene.office.log_poll("sample", actor=CLERK, at=START)


def _special_report(scene: Scene, _: int) -> Any:
    return scene.office.special_report(scene.id_of("1"), actor=CLERK, at=START + 4 * HOUR)


def _begin_rounds(scene: Scene, _: int) -> Any:
    scene.office.sweep(START + 5 * HOUR)


def _sweep(scene: Scene, _: int) -> Any:
    leasing = Leasing("sweeper", LEASE, lambda: LATER)
    scene.office.sweep(LATER, leasing=leasing)


def _deliver_in_part(scene: Scene, tried: int) -> Any:
    scene.gateway.refused = frozenset({"housing/unit_head"})
    try:
        _send(scene, LATER + HOUR + tried * LEASE)
    finally:
        scene.gateway.refused = frozenset()


def _revive(scene: Scene, _: int) -> Any:
    for letter in scene.office.dead_letters():
        scene.office.revive(letter.item.key, actor=CLERK, at=LATER + 2 * HOUR)


def _deliver(scene: Scene, tried: int) -> Any:
    _send(scene, LATER + 3 * HOUR + tried * LEASE)


def _send(scene: Scene, at: datetime) -> None:
    report = scene.office.deliver(at, holder="sender", lease=LEASE)
    assert report.unnoted == ()


def _follow(scene: Scene, _: int) -> Any:
    def handle(fed: Sequence[Fed], transaction: Transaction) -> None:
        kinds = tuple(type(item.record.event).__name__ for item in fed)
        transaction.enter([Entry(f"read/{fed[0].position:06d}", LATER, {"kinds": kinds})])

    scene.office.follow("reader", handle, batch=20)


def _advance(scene: Scene, _: int) -> Any:
    return scene.office.advance("other", 5)


def _finish(scene: Scene, _: int) -> Any:
    at, case_id = LATER + 4 * HOUR, scene.id_of("3")
    for command in (Decline(reason="court"), Archive()):
        key = f"3/{type(command).__name__}"
        scene.office.execute(case_id, command, actor=CLERK, key=key, at=at)


def _erase(scene: Scene, _: int) -> Any:
    at, erase = LATER + 5 * HOUR, Erase(reason="保存期限已满", words=True)
    return scene.office.execute(scene.id_of("3"), erase, actor=CLERK, key="3/erase", at=at)


STORY: Mapping[str, Step] = {
    "receive": _receive,
    "receive another text": _receive_another_text,
    "receive many": _receive_many,
    "accept": _accept,
    "assign": _assign,
    "log a polling": _log_poll,
    "special report": _special_report,
    "begin the rounds": _begin_rounds,
    "sweep": _sweep,
    "deliver in part": _deliver_in_part,
    "revive": _revive,
    "deliver": _deliver,
    "follow": _follow,
    "advance": _advance,
    "finish": _finish,
    "erase": _erase,
}
"""Everything that an office writes, in an order in which it makes sense."""


def standing(scene: Scene) -> Mapping[str, Any]:
    """All that the store holds, but for the instants that a second try has moved."""
    storage, tenant = scene.storage, scene.storage.tenant
    outbox = (OUTBOX.c.item_key, OUTBOX.c.channel, OUTBOX.c.content, OUTBOX.c.state)
    items = select(*outbox).where(OUTBOX.c.tenant == tenant).order_by(OUTBOX.c.item_key)
    answers = select(ANSWER).where(ANSWER.c.tenant == tenant).order_by(ANSWER.c.item_key)
    with scene.engine.connect() as connection:
        rows = [connection.execute(query).all() for query in (items, answers)]
    fed = storage.feed(limit=10_000)
    lines = storage.entries("", limit=10_000)
    return {
        "records": {_place(f.record): (f.record.actor, f.record.event) for f in fed},
        "positions": [f.position for f in fed],
        "diary": sorted(_TRIED.sub(r"\1", f"{line.key} {line.body}") for line in lines),
        "outbox": sorted(_TRIED.sub(r"\1", repr(row)) for row in rows[0]),
        "answers": rows[1],
        "cursors": [storage.cursor(name) for name in ("reader", "other")],
    }


_TRIED = re.compile(r"(dead/[^\s']*/)[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z")
"""When an item was given up is a part of the key of that line."""


def _place(record: Record) -> tuple[str, int]:
    return record.case_id, record.version
