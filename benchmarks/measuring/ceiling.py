"""The ceiling: plain SQLAlchemy Core reads what the office reads and writes the very rows it wrote."""

from __future__ import annotations

from typing import Any

import attrs
from sqlalchemy import Connection, Engine, select

from measuring import TENANT, new_name
from measuring.ours import COMMANDS
from wenzheng_core.testing.builders import HOUR, START, sample_message
from wenzheng_core.testing.offices import sample_office
from wenzheng_sqlalchemy import SqlStorage, make_engine
from wenzheng_sqlalchemy import statements as sql
from wenzheng_sqlalchemy import tables as t


@attrs.define
class Step:
    """The rows that one command of the office wrote."""

    case: dict[str, Any]
    events: list[dict[str, Any]]
    keys: list[dict[str, Any]]
    phones: list[dict[str, Any]]
    answer: dict[str, Any] | None


def recorded() -> list[Step]:
    """The rows of each of the six commands, as the office writes them."""
    steps: list[Step] = []
    engine = make_engine("sqlite://")
    office = sample_office(SqlStorage(engine, TENANT))

    def look() -> None:
        with engine.connect() as connection:

            def rows(table: Any, *where: Any) -> list[dict[str, Any]]:
                found = connection.execute(select(table).where(*where)).mappings()
                return [dict(row) for row in found]

            seen = sum(len(step.events) for step in steps)
            answers = rows(t.ANSWER)
            steps.append(
                Step(
                    case=rows(t.CASE)[0],
                    events=rows(t.EVENT, t.EVENT.c.position > seen),
                    keys=[] if steps else rows(t.CASE_KEY),
                    phones=[] if steps else rows(t.CONTACT),
                    answer=answers[-1] if len(answers) == len(steps) and steps else None,
                )
            )

    at = START
    case_id = office.receive(sample_message("0"), at=at).case.id
    look()
    for number, (command, actor) in enumerate(COMMANDS):
        at += HOUR
        office.execute(case_id, command, actor=actor, key=f"{number}", at=at)
        look()
    office.storage.close()
    engine.dispose()
    return steps


class Ceiling:
    """Plain SQLAlchemy Core with the statements of the store, which are made once.

    It reads and locks what a command reads and locks, and writes what it wrote, in one transaction;
    nothing is decided, sealed or counted.
    """

    def __init__(self, engine: Engine, steps: list[Step]) -> None:
        self.engine = engine
        self.steps = steps
        self.position = 0
        self.lock = engine.dialect.name != "sqlite"

    def run(self, cases: int) -> None:
        """Six commands of each of some cases."""
        for _ in range(cases):
            name = new_name()
            for step in self.steps:
                self.command(name, step)

    def command(self, name: str, step: Step) -> None:
        """One command."""
        with self.engine.connect() as connection:
            if not self.lock:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            place = {"of_tenant": TENANT, "of_case": name}
            if step.answer is None:
                connection.execute(sql.ONE_CASE_LOCKED, place).first()
                self.open(connection, name, step)
            else:
                key = name + step.answer["item_key"]
                connection.execute(sql.ONE_ANSWER, {"of_tenant": TENANT, "of_key": key}).first()
                connection.execute(sql.ONE_CASE_LOCKED, place).first()
                version = step.case["version"]
                values = {column: step.case[column] for column in sql.CHANGING}
                values |= {**place, "old": version - len(step.events)}
                connection.execute(sql.NEXT_CASE, values)
                answer = {**step.answer, "item_key": key, "case_id": name}
                connection.execute(sql.NEW_ANSWER, answer)
            self.append(connection, name, step)
            connection.commit()

    def open(self, connection: Connection, name: str, step: Step) -> None:
        """The rows of a new case."""
        connection.execute(sql.NEW_CASE, {**step.case, "case_id": name})
        connection.execute(sql.NEW_CASE_KEY, [{**row, "case_id": name} for row in step.keys])
        phones = [{**row, "case_id": name} for row in step.phones]
        connection.execute(sql.NEW_CONTACT, phones)

    def append(self, connection: Connection, name: str, step: Step) -> None:
        """The records at the next positions."""
        connection.execute(sql.HEAD_LOCKED, {"of_tenant": TENANT}).first()
        rows = []
        for row in step.events:
            self.position += 1
            rows.append({**row, "case_id": name, "position": self.position})
        connection.execute(sql.NEW_EVENT, rows)
        link = step.events[-1]["chain_link"]
        last = {"last_position": self.position, "chain_link": link, "last_line": 0}
        connection.execute(sql.COUNT_ON, {"of_tenant": TENANT, **last, "line_link": b""})
