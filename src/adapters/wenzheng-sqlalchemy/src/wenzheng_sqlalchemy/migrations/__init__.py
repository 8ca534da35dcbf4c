"""The revisions of the tables, oldest first: frozen history, in which nothing is ever changed.

Each is a module with one function, ``upgrade(op)``, on Alembic's operations. Columns are written out
there and not taken from :mod:`wenzheng_sqlalchemy.tables`, which says how the tables are now.
A revision may be run again where it was broken off half-way: databases whose DDL is no part of a
transaction (MariaDB, MySQL) keep what was done until then.
"""

from __future__ import annotations

REVISIONS = ("0001", "0002")
