"""What goes wrong in a database, told without its statements, parameters or passwords."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.storing import BusyError


class StoreError(WenzhengError):
    """The database cannot do what was asked; nothing of the transaction was kept."""


class UndoneError(StoreError):
    """An embedder's transaction had to give way to another one: roll it back, do all of it again."""

    def __init__(self) -> None:
        super().__init__("数据库中与其他事务相互等待;请回滚整个事务,再从头做一遍")


# By SQLSTATE (PostgreSQL) or number (MySQL family); an officer's administrator reads the text.
_GIVES_WAY = frozenset(("40001", "40P01", "55P03", 1020, 1205, 1213, 8002, 8022, 9007))
_UNIQUE = frozenset(("23505", 1062))

_FULL = "数据库连接数已满;请稍后重试,或调大服务器的连接上限"
_DISK = "磁盘空间已满;请清理后重试"
_READ_ONLY = "数据库只读,可能连到了备机;请检查存储地址和权限"
_RIGHTS = "数据库用户的权限不足;请检查授权"
_LOGIN = "数据库用户名或密码不对,或不允许从本机登录;请检查存储地址"
_NO_DATABASE = "服务器上没有这个数据库;请检查存储地址,或先建立数据库"
_GONE = "与数据库的连接已中断;本次操作是否生效须重新读取确认"
_UNREACHABLE = "无法连接数据库服务器;请检查地址、端口和网络,以及服务器是否在运行"
_LONG = "有文字超出了数据库字段的长度;请检查编号、名称是否过长"
_TABLES = "数据库中缺少本系统的表或列;请执行 wenzheng db check 核对"
_SLOW = "数据库操作超时,已被中止;请稍后重试"
_HISTORY = "历史记录和值班日志只增不改,数据库拒绝修改或删除"

APPEND_ONLY = "the history is append-only"
"""What the triggers of the history say; on PostgreSQL under :data:`APPEND_ONLY_STATE`."""

APPEND_ONLY_STATE = "WZ001"

_BY_CODE: dict[object, str] = {
    "53300": _FULL,
    1040: _FULL,
    1203: _FULL,
    "53100": _DISK,
    1021: _DISK,
    1114: _DISK,
    "25006": _READ_ONLY,
    1290: _READ_ONLY,
    1792: _READ_ONLY,
    1836: _READ_ONLY,
    "42501": _RIGHTS,
    1044: _RIGHTS,
    1142: _RIGHTS,
    "28000": _LOGIN,
    "28P01": _LOGIN,
    1045: _LOGIN,
    1698: _LOGIN,
    "3D000": _NO_DATABASE,
    1049: _NO_DATABASE,
    "57P01": _GONE,
    "57P02": _GONE,
    2006: _GONE,
    2013: _GONE,
    "57P03": _UNREACHABLE,
    2002: _UNREACHABLE,
    2003: _UNREACHABLE,
    2005: _UNREACHABLE,
    "22001": _LONG,
    1406: _LONG,
    "42P01": _TABLES,
    "42703": _TABLES,
    1146: _TABLES,
    1054: _TABLES,
    "57014": _SLOW,
    1969: _SLOW,
    3024: _SLOW,
    APPEND_ONLY_STATE: _HISTORY,
    1644: _HISTORY,  # what a trigger signals
}

# Words of a driver's message, for what comes without a code.
_BY_WORD = (
    (APPEND_ONLY, _HISTORY),
    ("locked", "数据库正被其他程序占用,等待超时;请稍后重试"),
    ("too many", _FULL),
    ("remaining connection slots", _FULL),
    ("password authentication", _LOGIN),
    ("no pg_hba.conf", _LOGIN),
    ("access denied", _LOGIN),
    ("connection refused", _UNREACHABLE),
    ("can't connect", _UNREACHABLE),
    ("could not connect", _UNREACHABLE),
    ("timeout expired", _UNREACHABLE),
    ("failed to resolve", _UNREACHABLE),
    ("could not translate host", _UNREACHABLE),
    ("connection timeout", _UNREACHABLE),
    ("server closed the connection", _GONE),
    ("terminating connection", _GONE),
    ("lost connection", _GONE),
    ("connection is lost", _GONE),
    ("gone away", _GONE),
    ("connection is closed", _GONE),
    ("queuepool limit", "本程序的数据库连接已全部占用;请缩短事务,或调大连接池"),
    ("no such table", _TABLES),
    ("no such column", _TABLES),
    ("is full", _DISK),
    ("no space left", _DISK),
    ("readonly", "数据库文件或所在文件夹只读;请检查权限"),
    ("unable to open", "数据库文件打不开;请检查文件夹和权限"),
    ("not a database", "该文件不是数据库文件;请检查存储地址"),
    ("malformed", "数据库文件已损坏;请由备份恢复"),
    ("disk i/o", "磁盘读写出错或空间不足;请检查磁盘后重试"),
)
_NO_SUCH_DATABASE = ('database "', "does not exist")
_NO_SUCH_ROLE = ('role "', "does not exist")
_NO_CONNECT = ("permission denied for database",)
# What comes without a code, by words that must all be there; looked at before the single words.
_BY_WORDS = (
    (_NO_SUCH_DATABASE, _NO_DATABASE),
    (_NO_SUCH_ROLE, _LOGIN),
    (_NO_CONNECT, "数据库用户无权连接这个数据库(CONNECT);请检查授权或存储地址"),
)
_NEVER_MADE = "connection failed"


def store_errors() -> AbstractContextManager[None]:
    """Turn what SQLAlchemy or the driver raises into StoreError.

    BusyError where the database chose the transaction to give way to another one.
    """
    return _TRANSLATED


def is_taken(error: DBAPIError) -> bool:
    """Whether the error says that a key is there already."""
    return code_of(error) in _UNIQUE or "unique constraint failed" in str(error.orig).lower()


def code_of(error: DBAPIError) -> object:
    """The SQLSTATE of PostgreSQL or the number of the MySQL family; None where there is neither."""
    own: Any = error.orig
    # PyMySQL gives a SQLSTATE, too, from 1.2 on; it says less than the number.
    number = next(iter(getattr(own, "args", ())), None)
    return number if isinstance(number, int) else getattr(own, "sqlstate", None)


class Translated(AbstractContextManager[None]):
    """Turns the errors of a block; has no state, so that one serves all and entering costs nothing."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, DBAPIError):
            # The driver's own error is the cause: SQLAlchemy's shows the statement and parameters.
            raise _told(error) from error.orig
        if isinstance(error, SQLAlchemyError):
            raise StoreError(_reason(None, str(error), type(error).__name__)) from None
        if isinstance(error, UnicodeEncodeError):
            raise StoreError("文本中有不成对的代理字符,数据库无法保存;请检查来源的编码") from None


_TRANSLATED = Translated()


class Watched(Translated):
    """The same, and keeps the last error: after one nothing more of the transaction counts."""

    def __init__(self) -> None:
        self.failure: WenzhengError | None = None

    def __enter__(self) -> None:
        if self.failure is not None:
            raise self.failure

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, BusyError):
            self.failure = error
        try:
            super().__exit__(kind, error, trace)
        except WenzhengError as failure:
            self.failure = failure
            raise


def _told(error: DBAPIError) -> WenzhengError:
    code = code_of(error)
    if code in _GIVES_WAY:
        return BusyError()
    return StoreError(_reason(code, str(error.orig), type(error).__name__))


def _reason(code: object, message: str, kind: str) -> str:
    if code in _BY_CODE:
        return _BY_CODE[code]
    message = message.lower()
    for words, reason in _BY_WORDS:
        if all(word in message for word in words):
            return reason
    for word, reason in _BY_WORD:
        if word in message:
            # A connection that never was cannot have been interrupted.
            never = reason is _GONE and message.startswith(_NEVER_MADE)
            return _UNREACHABLE if never else reason
    return f"数据库操作失败({kind})"
