"""Looking after a key file: ``python -m wenzheng_sqlalchemy keys create|add|rotate|rewrap …``.

Apart from the ``wenzheng`` command: whoever keeps the keys need not be who runs the office.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from wenzheng_core.domain.errors import WenzhengError
from wenzheng_sqlalchemy.engines import make_engine, require_existing
from wenzheng_sqlalchemy.keyfile import KeyFile
from wenzheng_sqlalchemy.keys import OpenKeys
from wenzheng_sqlalchemy.rewrapping import rewrap_keys

PROGRAM = "python -m wenzheng_sqlalchemy"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked; 0 if it was done, 1 with the reason if not, 2 for a wrong call."""
    asked = _parser().parse_args(arguments)
    try:
        print(asked.do(asked))
    except WenzhengError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROGRAM, description="密钥文件的管理")
    keys = parser.add_subparsers(required=True).add_parser("keys", help="管理密钥文件")
    acts = keys.add_subparsers(required=True)
    for name, do, told, extra in (
        ("create", _create, "新建密钥文件", ()),
        ("add", _add, "为租户登记密钥", ("tenant",)),
        ("rotate", _rotate, "为租户换新密钥", ("tenant",)),
        ("rewrap", _rewrap, "用最新密钥重新包裹库中的数据密钥", ("tenant", "url")),
    ):
        act = acts.add_parser(name, help=told)
        act.add_argument("file", help="密钥文件")
        for place in extra:
            act.add_argument(place, help={"tenant": "租户", "url": "数据库地址"}[place])
        if name == "rewrap":
            act.add_argument("--was-open", action="store_true", help="库中有未经包裹的密钥")
        act.set_defaults(do=do)
    return parser


def _create(asked: argparse.Namespace) -> str:
    KeyFile.create(asked.file)
    return f"已新建 {asked.file};请与数据库分开保管、分开备份"


def _add(asked: argparse.Namespace) -> str:
    KeyFile(asked.file).add(asked.tenant)
    return f"已为租户「{asked.tenant}」登记密钥"


def _rotate(asked: argparse.Namespace) -> str:
    number = KeyFile(asked.file).rotate(asked.tenant)
    return f"租户「{asked.tenant}」现用第 {number} 号密钥;请重启使用它的程序,再执行 rewrap"


def _rewrap(asked: argparse.Namespace) -> str:
    require_existing(asked.url)
    engine = make_engine(asked.url)
    try:
        was = OpenKeys() if asked.was_open else None
        done = rewrap_keys(engine, asked.tenant, KeyFile(asked.file), was=was)
    finally:
        engine.dispose()
    return f"已重新包裹 {done} 把数据密钥"


if __name__ == "__main__":
    sys.exit(main())
