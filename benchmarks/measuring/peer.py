"""The peer: six events of one aggregate by `eventsourcing`."""

from __future__ import annotations

import uuid
from pathlib import Path

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from sqlalchemy import make_url

from measuring import new_name
from wenzheng_core.testing.builders import sample_message


class PeerCase(Aggregate):
    """The same six events as an aggregate of `eventsourcing`."""

    @event("Received")
    def __init__(self, title: str, body: str) -> None:
        self.title, self.body = title, body
        self.state, self.facts, self.lead, self.reply = "received", "", "", ""

    @event("Accepted")
    def accept(self) -> None:
        """Accept."""
        self.state = "accepted"

    @event("Classified")
    def classify(self, facts: str) -> None:
        """Classify."""
        self.facts = facts

    @event("Assigned")
    def assign(self, lead: str) -> None:
        """Assign."""
        self.lead = lead

    @event("Claimed")
    def claim(self) -> None:
        """Claim."""
        self.state = "handling"

    @event("Reported")
    def report(self, findings: str, reply: str) -> None:
        """Report."""
        self.state, self.reply = findings, reply


def peer(url: str, folder: str) -> Application[uuid.UUID]:
    """An application of `eventsourcing` on a database of the same kind."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        env = {
            "PERSISTENCE_MODULE": "eventsourcing.sqlite",
            "SQLITE_DBNAME": str(Path(folder) / f"{new_name()}.db"),
        }
    else:
        env = {
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": parsed.database or "",
            "POSTGRES_HOST": parsed.host or "",
            "POSTGRES_PORT": str(parsed.port or 5432),
            "POSTGRES_USER": parsed.username or "",
            "POSTGRES_PASSWORD": parsed.password or "none",
        }
    return Application(env=env)


def six_events(app: Application[uuid.UUID], cases: int) -> None:
    """Six events of each of some aggregates, each loaded, decided and saved."""
    text = sample_message("0")
    for _ in range(cases):
        made = PeerCase(title=text.title, body=text.body)
        app.save(made)
        for step in (
            lambda case: case.accept(),
            lambda case: case.classify("投诉"),
            lambda case: case.assign("housing"),
            lambda case: case.claim(),
            lambda case: case.report("已现场查看并更换灯泡。", "您好,路灯已修复。"),
        ):
            found: PeerCase = app.repository.get(made.id)
            step(found)
            app.save(found)
