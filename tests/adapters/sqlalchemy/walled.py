"""A database of PostgreSQL behind all walls, and the engine of an account that has to obey them."""

from __future__ import annotations

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import NamedTuple

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from tests.adapters.sqlalchemy.servers import empty, made

from wenzheng_sqlalchemy import SqlStorage, make_engine
from wenzheng_sqlalchemy.guarding import guard_history, unguard_history
from wenzheng_sqlalchemy.protecting import protect


class Walled(NamedTuple):
    """Two engines on one database: the owner's, who put up the walls, and the program's."""

    owner: Engine
    app: Engine
    role: str


@cache
def _walled() -> Walled | str:
    owner = made("postgresql", "walls")
    if isinstance(owner, str):
        return owner
    SqlStorage(owner, "first").close()
    role = f"wz_walls_app_{os.getpid()}"
    with owner.begin() as connection:
        # Left over, if a process of this number was once stopped before it could clean up.
        connection.exec_driver_sql(f"DROP ROLE IF EXISTS {role}")
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN PASSWORD 'walls'")
    app = make_engine(
        owner.url.set(username=role, password="walls").render_as_string(hide_password=False)
    )

    def give_back() -> None:
        app.dispose()
        with suppress(SQLAlchemyError), owner.begin() as connection:
            connection.exec_driver_sql(f"DROP OWNED BY {role}")
            connection.exec_driver_sql(f"DROP ROLE {role}")

    atexit.register(give_back)
    with owner.begin() as connection:
        protect(connection, role=role)
    return Walled(owner, app, role)


@contextmanager
def walled() -> Iterator[Walled]:
    """The database without a row, behind its walls; or skip."""
    found = _walled()
    if isinstance(found, str):
        pytest.skip(found)
    with found.owner.begin() as connection:
        unguard_history(connection)
        empty(connection)
        guard_history(connection)
    yield found
    found.app.dispose()
