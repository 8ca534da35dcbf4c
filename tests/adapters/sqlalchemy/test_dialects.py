"""Tables and statements for databases that no test here runs on: they compile, in plain names.

PostgreSQL, MariaDB, MySQL and SQLite by SQLAlchemy; openGauss and 达梦 by their makers' dialects.
"""

from __future__ import annotations

import pkgutil
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from types import ModuleType

import pytest
from sqlalchemy import Dialect, Executable, make_url
from sqlalchemy.dialects.oracle.base import RESERVED_WORDS as ORACLE_BY_SQLALCHEMY
from sqlalchemy.schema import CreateIndex, CreateTable

import wenzheng_sqlalchemy
from wenzheng_sqlalchemy import diary, listing
from wenzheng_sqlalchemy.running import _prepared
from wenzheng_sqlalchemy.schema import VERSION
from wenzheng_sqlalchemy.tables import METADATA

NAMES = (
    "postgresql+psycopg",
    "mysql+pymysql",
    "mariadb+pymysql",
    "sqlite",
    "opengauss",
    "dm",
)

FORBIDDEN_IN_TABLES = re.compile(
    r"AUTO_?INCREMENT|SERIAL|IDENTITY|JSON|ARRAY|TIMESTAMP|DATETIME|BOOL|\bWHERE\b|FLOAT|\bENUM\b",
    re.IGNORECASE,
)
FORBIDDEN = re.compile(
    r"RETURNING|ON CONFLICT|ON DUPLICATE|SKIP LOCKED|NOWAIT|FOR SHARE|GET_LOCK|advisory|\bMERGE\b",
    re.IGNORECASE,
)

# Oracle Database SQL Language Reference, appendix "Oracle SQL Reserved Words".
ORACLE = """
ACCESS ADD ALL ALTER AND ANY AS ASC AUDIT BETWEEN BY CHAR CHECK CLUSTER COLUMN COLUMN_VALUE COMMENT
COMPRESS CONNECT CREATE CURRENT DATE DECIMAL DEFAULT DELETE DESC DISTINCT DROP ELSE EXCLUSIVE EXISTS
FILE FLOAT FOR FROM GRANT GROUP HAVING IDENTIFIED IMMEDIATE IN INCREMENT INDEX INITIAL INSERT INTEGER
INTERSECT INTO IS LEVEL LIKE LOCK LONG MAXEXTENTS MINUS MLSLABEL MODE MODIFY NESTED_TABLE_ID NOAUDIT
NOCOMPRESS NOT NOWAIT NULL NUMBER OF OFFLINE ON ONLINE OPTION OR ORDER PCTFREE PRIOR PUBLIC RAW RENAME
RESOURCE REVOKE ROW ROWID ROWNUM ROWS SELECT SESSION SET SHARE SIZE SMALLINT START SUCCESSFUL SYNONYM
SYSDATE TABLE THEN TO TRIGGER UID UNION UNIQUE UPDATE USER VALIDATE VALUES VARCHAR VARCHAR2 VIEW
WHENEVER WHERE WITH
"""

# What 达梦 itself publishes in dmSQLAlchemy 2.0.17, as DMIdentifierPreparer.reserved_words.
DAMENG = """
absolute abstract add admin all alter and any array arraylen as asc assign audit auto_increment begin
between bigdatediff binary bool both break bstring by byte call case cast catch char check class
cluster clusterbtr collation column comment commit commitwork compress connect connect_by_root const
constraint contains context continue convert corresponding create crypto cube current cursor date
dateadd datediff datepart datetime decimal declare decode default delete desc dimension diskspace
distinct distributed do domain double drop else elseif end equ every exchange exclusive execute exists
exit explain extern extract fetch final finally first flashback float for foreign from fully function
get goto grant group grouping having identified identity if ifnull immediate in index inline insert
int integer intersect interval into is json_table keep large lead less level lexer like limit list
lnnvl lock login long loop member minus mode model new next nocompress nocopy nocycle nosort not
nowait null number object of on optimize option or order out over overlay override partition pctfree
pendant percent pipe primary print prior private privileges procedure protected public raise raw
record ref reference references referencing relative rename repeat replicate resource return returning
reverse revoke rollback rollup row rownum rows savepoint sbyte schema sealed section select set sets
share short size sizeof smallint some sql_calc_found_rows start static struct subpartition switch
synonym table than then throw timestampadd timestampdiff to top trail treat trigger trim truncate try
typedef typeof uid uint ulong union unique until update user ushort using value values varchar
varchar2 varray verify versions view virtual void when whenever where while with within without xml
xmlagg xmlattributes xmlcast xmlelement xmlnamespaces xmlparse xmlquery xmlserialize xmltable year
"""


# SQLAlchemy quotes for MariaDB what it takes unquoted, too; the case of a column never counts there.
QUOTED = {"mariadb": {"body", "position"}}


@pytest.fixture(name="dialect", params=NAMES)
def _dialect(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Dialect:
    """A dialect as its maker ships it."""
    if request.param == "opengauss":
        pytest.importorskip("opengauss_sqlalchemy", reason="needs opengauss-sqlalchemy")
    if request.param == "dm":
        # Its asynchronous half needs what SQLAlchemy 2.1 no longer has, and takes no part here.
        part = ModuleType("dmSQLAlchemy.dmasync")
        part.dialect_async = None  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, part.__name__, part)
        pytest.importorskip("dmSQLAlchemy", reason="needs dmSQLAlchemy: Linux on x86_64 only")
    made: Dialect = make_url(f"{request.param}://").get_dialect()()
    return made


def ddl(dialect: Dialect) -> Iterator[str]:
    """All statements that make the tables."""
    for table in (*METADATA.sorted_tables, VERSION):
        yield str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            yield str(CreateIndex(index).compile(dialect=dialect))


def statements() -> dict[str, Executable]:
    """Every statement of the store: those that stand in a module, and those made for a question."""
    instant = datetime(2025, 3, 3, tzinfo=UTC)
    order = listing.InOrder.of("t", instant, instant, "handling", "housing")
    found: dict[str, Executable] = {
        "page": diary.page("t", "run/", "run/a", 5),
        "last": diary.last("t", "run/"),
        "scan": order._columns(),
    }
    for module in pkgutil.iter_modules(wenzheng_sqlalchemy.__path__):
        for name, value in vars(import_module(f"wenzheng_sqlalchemy.{module.name}")).items():
            if isinstance(value, Executable):
                found[f"{module.name}.{name}"] = value
    return found


def names() -> list[str]:
    """Every name of ours in a database."""
    found = []
    for table in (*METADATA.sorted_tables, VERSION):
        found += [table.name, *(column.name for column in table.columns)]
        found += [str(index.name) for index in table.indexes]
        found += [str(c.name) for c in table.constraints if c.name]
    return found


def test_tables_compile_and_ask_for_nothing_special(dialect: Dialect) -> None:
    """No construct that one of the databases lacks, and no key that it would count on by itself."""
    made = list(ddl(dialect))
    assert sum("CREATE TABLE" in text for text in made) == len(METADATA.tables) + 1
    assert [text for text in made if FORBIDDEN_IN_TABLES.search(text)] == []


def test_statements_compile_and_ask_for_nothing_special(dialect: Dialect) -> None:
    """None is written in one database's own SQL."""
    compiled = {name: _prepared(each, dialect).text for name, each in statements().items()}
    assert len(compiled) > 40
    assert {name: text for name, text in compiled.items() if FORBIDDEN.search(text)} == {}


def test_no_name_needs_quotes(dialect: Dialect) -> None:
    """Reserved words would have to be quoted, and a quoted name is compared by case in some."""
    quote = dialect.identifier_preparer.quote
    assert {name for name in names() if quote(name) != name} == QUOTED.get(dialect.name, set())


@pytest.mark.parametrize("words", [ORACLE, DAMENG], ids=["oracle", "dameng"])
def test_no_name_is_reserved(words: str) -> None:
    """Nor is any in the lists that the makers of Oracle and of 达梦 publish."""
    reserved = {word.lower() for word in words.split()}
    assert "table" in reserved
    assert reserved & set(names()) == set()


def test_the_kept_lists_have_what_the_dialects_know(dialect: Dialect) -> None:
    """A word that a later dialect reserves is noticed here."""
    if dialect.name == "dm":
        known = {word for word in dialect.identifier_preparer.reserved_words if " " not in word}
        assert known - set(DAMENG.split()) <= {"sql_calc_found_rowsyear"}  # two words run together
    assert {word.lower() for word in ORACLE_BY_SQLALCHEMY} & set(names()) == set()


def test_names_are_short() -> None:
    """Older databases allow 30 characters, all of them plain."""
    assert [name for name in names() if not re.fullmatch("[a-z][a-z_]{0,29}", name)] == []
