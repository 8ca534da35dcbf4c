"""Statements as the driver takes them: compiled once a store, run with little between.

SQLAlchemy looks at every parameter of an execution. The few statements that make up a command are
known beforehand, and so are their parameters: their text goes to the driver as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import TYPE_CHECKING, Any, cast

import attrs
from sqlalchemy import Connection, Dialect, Executable, Row

from wenzheng_sqlalchemy.driving import Direct
from wenzheng_sqlalchemy.errors import Watched

if TYPE_CHECKING:
    from sqlalchemy.sql import ClauseElement
    from sqlalchemy.sql.compiler import SQLCompiler

Values = dict[str, Any]

COLUMNS = "wz_columns"
"""The execution option of a statement that names the columns it is given values for."""

CHUNK = 500
"""How many keys one statement asks for: SQLite once took no more than 999 parameters."""


@attrs.frozen(eq=False)
class Prepared:
    """The text of a statement, its parameters by place (none where they have names), its constants."""

    text: str
    places: tuple[str, ...]
    constants: Mapping[str, Any]

    def one(self, values: Values) -> Any:
        """The parameters of one execution."""
        if self.constants:
            values = {**self.constants, **values}
        return tuple([values[name] for name in self.places]) if self.places else values

    def many(self, rows: Sequence[Values]) -> list[Any]:
        """The parameters of many; the rows have nothing but what the statement asks for."""
        if self.constants:
            rows = [{**self.constants, **values} for values in rows]
        return list(map(itemgetter(*self.places), rows)) if len(self.places) > 1 else list(rows)


class Statements:
    """The prepared statements of one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._prepared: dict[Executable, Prepared] = {}

    def __getitem__(self, statement: Executable) -> Prepared:
        """The statement prepared; the first time it is compiled."""
        found = self._prepared.get(statement)
        if found is None:
            found = self._prepared[statement] = _prepared(statement, self._dialect)
        return found


def _prepared(statement: Executable, dialect: Dialect) -> Prepared:
    columns = statement.get_execution_options().get(COLUMNS)
    clause = cast("ClauseElement", statement)
    compiled = cast("SQLCompiler", clause.compile(dialect=dialect, column_keys=columns))
    binds = compiled.binds.items()
    constants = {name: bind.effective_value for name, bind in binds if not bind.required}
    return Prepared(str(compiled), tuple(compiled.positiontup or ()), constants)


@attrs.frozen(eq=False)
class Runner:
    """Runs statements for one tenant on one connection.

    What goes wrong is a StoreError, or BusyError; after one, nothing more is run for a block. Where
    there is a cursor of the driver's, prepared statements go to it (:mod:`wenzheng_sqlalchemy.driving`).
    """

    connection: Connection
    tenant: str
    statements: Statements
    errors: Watched
    direct: Direct | None = None

    def rows(self, statement: Executable, **values: Any) -> Sequence[Row[Any]]:
        """All rows of a query."""
        prepared = self.statements[statement]
        values["of_tenant"] = self.tenant
        with self.errors:
            if self.direct is not None:
                return self.direct.rows(prepared.text, prepared.one(values))
            return self.connection.exec_driver_sql(prepared.text, prepared.one(values)).all()

    def row(self, statement: Executable, **values: Any) -> Row[Any] | None:
        """The first row of a query."""
        found = self.rows(statement, **values)
        return found[0] if found else None

    def change(self, statement: Executable, **values: Any) -> int:
        """Run a statement that writes; how many rows it found."""
        prepared = self.statements[statement]
        values["of_tenant"] = self.tenant
        with self.errors:
            return self._run(prepared, prepared.one(values))

    def put(self, statement: Executable, rows: Sequence[Values]) -> int:
        """Run a statement that writes for each of some rows; how many it wrote or found.

        Raises what SQLAlchemy raises.
        """
        if not rows:
            return 0
        prepared = self.statements[statement]
        values = prepared.one(rows[0]) if len(rows) == 1 else prepared.many(rows)
        return self._run(prepared, values)

    def _run(self, prepared: Prepared, values: Any) -> int:
        if self.direct is not None:
            return self.direct.change(prepared.text, values)
        return self.connection.exec_driver_sql(prepared.text, values).rowcount

    def any_of(self, statement: Executable, keys: Sequence[str]) -> list[Row[Any]]:
        """The rows of a query for some keys, asked for :data:`CHUNK` at a time in their order."""
        found: list[Row[Any]] = []
        ordered = sorted(keys)
        for start in range(0, len(ordered), CHUNK):
            values = {"of_tenant": self.tenant, "keys": ordered[start : start + CHUNK]}
            with self.errors:
                found += self.connection.execute(statement, values)
        return found
