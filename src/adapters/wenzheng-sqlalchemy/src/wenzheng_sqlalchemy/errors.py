"""What goes wrong in a database, told without its statements, parameters or passwords."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from wenzheng_core.domain.errors import WenzhengError


class StoreError(WenzhengError):
    """The database cannot do what was asked; nothing of the transaction was kept."""


# Words of a driver's message, and what an officer's administrator should read instead.
_KNOWN = (
    ("locked", "数据库正被其他程序占用,等待超时;请稍后重试"),
    ("full", "磁盘空间已满;请清理后重试"),
    ("readonly", "数据库文件或所在文件夹只读;请检查权限"),
    ("unable to open", "数据库文件打不开;请检查文件夹和权限"),
    ("not a database", "该文件不是数据库文件;请检查存储地址"),
    ("malformed", "数据库文件已损坏;请由备份恢复"),
    ("disk i/o", "磁盘读写出错或空间不足;请检查磁盘后重试"),
)


@contextmanager
def store_errors() -> Iterator[None]:
    """Turn what SQLAlchemy or the driver raises into StoreError."""
    try:
        yield
    except DBAPIError as error:
        # The driver's own error is the cause: SQLAlchemy's shows the statement with its parameters.
        raise StoreError(_reason(str(error.orig), type(error).__name__)) from error.orig
    except SQLAlchemyError as error:
        raise StoreError(_reason(str(error), type(error).__name__)) from None
    except UnicodeEncodeError:
        raise StoreError("文本中有不成对的代理字符,数据库无法保存;请检查来源的编码") from None


def _reason(message: str, kind: str) -> str:
    for word, reason in _KNOWN:
        if word in message.lower():
            return reason
    return f"数据库操作失败({kind})"
