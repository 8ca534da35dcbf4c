"""Short texts that are compared code point by code point, a space at their end included."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.types import TypeEngine

_NO_PAD_SINCE = (8, 0, 17)


class ExactString(String):
    """A text of the MySQL family in the strictest collation that the server has.

    The usual ones take A and a for one, ``utf8mb4_bin`` takes a text and the same with spaces behind
    it for one. What does neither is ``utf8mb4_nopad_bin`` in MariaDB and ``utf8mb4_0900_bin`` in
    MySQL; an older MySQL, and what is only like one, has ``utf8mb4_bin``.
    """


@compiles(ExactString, "mysql", "mariadb")
def _compiled(kind: ExactString, compiler: Any, **_: object) -> str:
    dialect = compiler.dialect
    version = dialect.server_version_info or ()
    if dialect.is_mariadb:
        collation = "utf8mb4_nopad_bin"
    else:
        collation = "utf8mb4_0900_bin" if version >= _NO_PAD_SINCE else "utf8mb4_bin"
    return f"VARCHAR({kind.length}) COLLATE {collation}"


def exact(length: int) -> TypeEngine[str]:
    """A text that is compared code point by code point in every database."""
    plain = String(length)
    family = plain.with_variant(ExactString(length), "mysql", "mariadb")
    return family.with_variant(String(length, collation="C"), "postgresql")
