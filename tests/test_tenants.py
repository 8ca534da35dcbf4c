"""Tenants in one database: an office that knows all of another's names reads and changes nothing of it."""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from sqlalchemy import Engine, select
from tests.adapters.sqlalchemy.servers import KINDS, database

from wenzheng_core.delivering import LEASE
from wenzheng_core.domain import commands as c
from wenzheng_core.domain.commands import Command, Request
from wenzheng_core.domain.errors import ArgumentError, ConflictError, RefusedError, UnknownError
from wenzheng_core.domain.instants import Period
from wenzheng_core.domain.messages import Contact, Message, RecordedMessage, Relation
from wenzheng_core.leasing import Leasing, never
from wenzheng_core.memory import MemoryChannel
from wenzheng_core.office import Office
from wenzheng_core.redelivery import RetrySchedule
from wenzheng_core.testing.builders import CLERK, HOUR, START, sample_message
from wenzheng_core.testing.offices import sample_office
from wenzheng_sqlalchemy import SqlStorage, make_engine
from wenzheng_sqlalchemy.tables import METADATA

OURS, THEIRS = "li", "wang"
SECRET = "李家巷的秘密"
PHONE = "13955501234"
LATER = START + timedelta(days=40)
PERIOD = Period(START - HOUR, LATER + HOUR)
NOT_THERE = (UnknownError, RefusedError, ArgumentError, ConflictError)
"""What may be raised: never that something was found and could not be opened."""
SOURCES = ("hongwang", sample_message("1").source)


class Deaf(MemoryChannel):
    """A channel that takes nothing, so that items become dead letters."""

    def send(self, to: str, text: str, keys: Sequence[str]) -> str:
        """Nothing goes out."""
        raise ValueError("no")


class Untouchable:
    """A store that nothing may be asked of."""

    tenant = THEIRS

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"asked the store for {name}")


@pytest.fixture(name="engine", params=["sqlite", *KINDS])
def _engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database of each kind."""
    with opened(request.param, tmp_path) as engine:
        yield engine


@contextmanager
def opened(kind: str, folder: Path) -> Iterator[Engine]:
    """An engine on an empty database of a kind."""
    if kind != "sqlite":
        with database(kind) as engine:
            yield engine
        return
    engine = make_engine(f"sqlite:///{folder / 'wz.db'}")
    yield engine
    engine.dispose()


def message_of(number: str, secret: str) -> Message:
    """A message with a secret in it, and a number to call."""
    contact = Contact("李", PHONE, secret)
    return attrs.evolve(sample_message(number), title=secret, body=secret, contact=contact)


@attrs.frozen
class Victim:
    """An office with something of everything, and what it is known by."""

    office: Office
    cases: tuple[str, ...]
    keys: tuple[str, ...]


def victim_in(engine: Engine) -> Victim:
    """Make the office that is to be left alone."""
    office = sample_office(SqlStorage(engine, OURS), channels=[Deaf("sms"), Deaf("publish")])
    cases = [office.receive(message_of(n, SECRET), at=START).case.id for n in ("1", "2", "3")]
    steps: list[Command] = [c.Accept(), c.Assign(lead="housing"), c.Chase(unit="housing")]
    keys = [f"step-{number}" for number in range(len(steps))]
    for key, step in zip(keys, steps, strict=True):
        office.execute(cases[0], step, actor=CLERK, key=key, at=START)
    office.log_poll(SOURCES[0], actor=CLERK, at=START)
    office.sweep(LATER)
    for day in range(30):
        office.deliver(LATER + timedelta(days=day))
    office.advance("reader", 2)
    until = LATER + timedelta(days=99)
    assert office.storage.acquire("sweep/00", "worker-1", LATER, until) is not None
    (dead, *_) = office.dead_letters()
    assert [case.id for case in office.cases_of(PHONE, actor=CLERK)] == sorted(cases)
    return Victim(office, tuple(cases), (*keys, dead.item.key))


def rows(engine: Engine, tenant: str) -> dict[str, list[str]]:
    """Every row of a tenant, in every table, in full."""
    with engine.connect() as connection:
        return {
            table.name: sorted(
                repr(tuple(row))
                for row in connection.execute(select(table).where(table.c.tenant == tenant))
            )
            for table in METADATA.sorted_tables
        }


def spread(value: object) -> Iterator[str]:
    """Every text in a value, however deep, that a repr would hide too."""
    if attrs.has(type(value)):
        for field in attrs.fields(type(value)):
            yield from spread(getattr(value, field.name))
    elif isinstance(value, Mapping):
        yield from itertools.chain.from_iterable(map(spread, itertools.chain(*value.items())))
    elif isinstance(value, Iterable) and not isinstance(value, str | bytes):
        yield from itertools.chain.from_iterable(map(spread, value))
    else:
        yield str(value)


# --- What a stranger calls, and with what ---------------------------------------------------------


@attrs.frozen
class Stranger:
    """An office of another tenant that knows every name of the victim's, but none of its secrets."""

    office: Office
    victim: Victim
    own: str
    heard: list[Any] = attrs.field(factory=list)

    def values(self) -> dict[str, Sequence[Any]]:
        """What is tried for each parameter, by its name."""
        victim, message = self.victim, message_of("1", "别的话")
        return {
            "case_id": victim.cases,
            "key": victim.keys,
            "command": self.commands(),
            "actor": (CLERK,),
            "message": (message, message_of("2", "别的话")),
            "rows": ([RecordedMessage(row=n, message=message_of(str(n), "…")) for n in (1, 2)],),
            "source": SOURCES,
            "external_id": ("1", "2", "3"),
            "phone": (PHONE, f"+86 {PHONE}"),
            "consumer": ("reader",),
            "position": (0, 1, 2, 3, 99),
            "expected": (None, 0, 2),
            "after": (0, 1),
            "dead_letters.after": ("",),
            "handle": (lambda fed, _: self.heard.append(fed),),
            "period": (PERIOD,),
            "as_of": (LATER,),
            "day": (START.date(),),
            "now": (LATER,),
            "at": (None, LATER),
            "leasing": (None, Leasing("worker-1", HOUR, lambda: LATER)),
            "holder": ("worker-1",),
            "lease": (LEASE,),
            "retries": (RetrySchedule(),),
            "stopped": (never,),
            "limit": (99,),
            "batch": (9,),
            "reply": (None, "您好"),
            "facts": (None,),
            "schedule": ("", "special"),
        }

    def commands(self) -> list[Command]:
        """Commands that name a case of the victim's, or ask for what a case holds."""
        linking = [c.Link(to=case, relation=Relation.REPEAT) for case in self.victim.cases]
        merging = [c.Merge(into=case) for case in self.victim.cases]
        plain = [c.Accept(), c.Assign(lead="housing"), c.Claim(), c.Tick(), c.Publish(reply="x")]
        keeping = [c.Erase(reason="x", words=True), c.Restrict(reason="x"), c.Archive()]
        return [*linking, *merging, *plain, *keeping]

    def call(self, name: str) -> tuple[int, list[str]]:
        """Call a method in every way; how often, and the texts that came back."""
        method = getattr(self.office, name)
        known = self.values()
        parameters = inspect.signature(method).parameters
        choices = [known.get(f"{name}.{p}", known.get(p, ())) for p in parameters]
        calls, texts = 0, []
        for chosen in itertools.product(*choices):
            calls += 1
            texts += self._answer(method, dict(zip(parameters, chosen, strict=True)))
        return calls, texts

    def _answer(self, method: Any, arguments: dict[str, Any]) -> list[str]:
        parameters = inspect.signature(method).parameters
        first = [arguments.pop(n) for n, p in parameters.items() if p.kind is not p.KEYWORD_ONLY]
        try:
            return list(spread(method(*first, **arguments)))
        except NOT_THERE:
            return []


def stranger_beside(engine: Engine, victim: Victim) -> Stranger:
    """An office of another tenant with a case of its own, under the number of the victim's first."""
    office = sample_office(SqlStorage(engine, THEIRS))
    return Stranger(office, victim, office.receive(message_of("1", "我的话"), at=START).case.id)


PURE = {"open", "change", "policy_for", "policy_of", "rules_of", "rules_for"}
"""What is given values instead of names, and asks the store nothing."""


def public() -> list[str]:
    """The public methods of an office; those that move a cursor after those that read by it."""
    methods = (name for name, _ in inspect.getmembers(Office, callable))
    return sorted((name for name in methods if not name.startswith("_")), reverse=True)


@pytest.mark.slow
def test_a_strangers_office_reads_and_changes_nothing(engine: Engine) -> None:
    """Every public method, with another tenant's ids, keys, numbers, consumers and lease names."""
    victim = victim_in(engine)
    before = rows(engine, OURS)
    assert all(before.values()), [name for name, found in before.items() if not found]
    stranger = stranger_beside(engine, victim)
    for name in public():
        if name in PURE:
            continue
        calls, texts = stranger.call(name)
        assert calls
        told = [text for text in texts if SECRET in text or text in victim.cases]
        assert (name, told) == (name, [])
        assert rows(engine, OURS) == before, name
    assert SECRET not in " ".join(spread(stranger.heard))
    assert stranger.heard
    for channel in stranger.office.channels.values():
        assert isinstance(channel, MemoryChannel)
        assert SECRET not in " ".join(map(str, channel.sent))
    assert rows(engine, THEIRS)["wz_event"]


def test_links_and_merges_never_leave_the_tenant(engine: Engine) -> None:
    """A stranger's own case can be tied to none of the victim's, under none of its keys."""
    victim = victim_in(engine)
    before = rows(engine, OURS)
    stranger = stranger_beside(engine, victim)
    history = stranger.office.history(stranger.own)
    for command, key in itertools.product(stranger.commands()[:6], victim.keys):
        with pytest.raises(NOT_THERE):
            stranger.office.execute(stranger.own, command, actor=CLERK, key=key, at=LATER)
    assert stranger.office.history(stranger.own) == history
    for number, key in enumerate(victim.keys):
        note = c.Classify(facts={"category": ("投诉", "咨询")[number % 2]}, reason="x")
        done = stranger.office.execute(stranger.own, note, actor=CLERK, key=key, at=LATER)
        assert (done.repeated, done.case.id) == (False, stranger.own)
    assert rows(engine, OURS) == before


def test_what_is_given_values_asks_the_store_nothing(tmp_path: Path) -> None:
    """The methods that the fuzz leaves out take cases and requests; a store is not asked by them."""
    with opened("sqlite", tmp_path) as engine:
        case = victim_in(engine).office.case_of(SOURCES[1], "1")
    office = attrs.evolve(sample_office(), storage=Untouchable())
    request = Request(c.Receive(message=message_of("1", "x")), CLERK, LATER)
    decision = office.open("x", request)
    answers = {
        "open": decision,
        "change": office.change(decision),
        "policy_for": office.policy_for(PERIOD, LATER),
        "policy_of": office.policy_of(case),
        "rules_of": office.rules_of(case),
        "rules_for": office.rules_for(case, case.clocks[0]),
    }
    assert set(answers) == PURE
    assert set(public()) >= PURE
