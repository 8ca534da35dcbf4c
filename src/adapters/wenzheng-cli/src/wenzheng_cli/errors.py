"""What went wrong, as an officer reads it and as a program reads it."""

from __future__ import annotations

import errno
import re
import sys
from typing import Any

import typer

from wenzheng_cli.writing import print_json, safe
from wenzheng_core import (
    ConflictError,
    Fault,
    InputFaultsError,
    KeyReusedError,
    RefusedError,
    UnknownError,
    WenzhengError,
)

# Typer carries its own copy of Click from 0.22 on and imports Click before: by its subclass the
# common root is found in both.
ClickError: type[Any] = typer.BadParameter.__mro__[2]

_INPUT_RULES = ("facts.", "policy.not_yet", "policy.unknown_clock")
_LOOKED_FOR = "办件"
_CHINESE = re.compile("[\u4e00-\u9fff]")
_MACHINE = {
    errno.ENOENT: "没有这个文件或文件夹",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EISDIR: "是文件夹,不是文件",
    errno.ENOTDIR: "路径当中有一段不是文件夹",
    errno.EEXIST: "已经存在",
    errno.ENOSPC: "磁盘已满",
    errno.EROFS: "所在磁盘只能读,不能写",
    errno.ENAMETOOLONG: "文件名太长",
    errno.ELOOP: "链接绕成了圈",
    errno.EMFILE: "打开的文件太多",
    errno.EBUSY: "正被其他程序占用",
    errno.EIO: "读写磁盘出错",
}


class BadInputError(WenzhengError):
    """A value on the command line is not usable; names the option and shows how to write it."""

    def __init__(self, option: str, value: str, reason: str, example: str = "") -> None:
        self.option = option
        tail = f";写法如 {option} {example}" if example else ""
        super().__init__(f"{option} 的值「{value}」{reason}{tail}")


def os_reason(error: OSError) -> str:
    """What the machine could not do, in Chinese."""
    return _MACHINE.get(error.errno or 0, f"系统错误 {error.errno}")


def exit_code(error: WenzhengError) -> int:
    """1 where the input was sound and the answer is no; else 2."""
    if isinstance(error, RefusedError):
        return 2 if error.rule.startswith(_INPUT_RULES) else 1
    if isinstance(error, UnknownError):
        return 1 if error.kind == _LOOKED_FOR else 2
    return 1 if isinstance(error, ConflictError | KeyReusedError) else 2


def report_error(error: WenzhengError, *, as_json: bool) -> int:
    """Say what the core refused, and return the exit code."""
    faults = error.faults if isinstance(error, InputFaultsError) else ()
    rule = error.rule if isinstance(error, RefusedError) else ""
    _report(str(error), faults, rule, as_json=as_json)
    return exit_code(error)


def report_machine(error: OSError, *, as_json: bool) -> int:
    """Say what the machine could not do, and with which file."""
    where = f":{error.filename}" if error.filename else ""
    _report(f"{os_reason(error)}{where}", (), "", as_json=as_json)
    return 2


def report_usage(error: Any, *, as_json: bool) -> None:
    """Say how the command is used."""
    if type(error).__name__ == "NoArgsIsHelpError":
        print(error.format_message(), file=sys.stderr)
        return
    where = error.ctx.command_path if getattr(error, "ctx", None) else "wenzheng"
    _report(f"{_in_chinese(error)};用法见 {where} --help", (), "usage", as_json=as_json)


def _report(text: str, faults: tuple[Fault, ...], rule: str, *, as_json: bool) -> None:
    if as_json:
        found = [{"reason": f.reason, "path": f.path, "mend": f.mend} for f in faults]
        print_json({"error": text, "rule": rule, "faults": found})
    print(f"错误:{safe(text)}", file=sys.stderr)


def _in_chinese(error: Any) -> str:
    original = str(error.format_message())
    match type(error).__name__:
        case "NoSuchOption":
            near = "、".join(error.possibilities or ())
            return f"没有选项 {error.option_name}" + (f"(是否要用 {near})" if near else "")
        case "MissingParameter":
            named = _name_of(error.param)
            return f"缺少{'选项' if named.startswith('-') else '参数'} {named}"
        case "BadOptionUsage":
            return _misused(str(error.option_name), original)
        case "BadParameter":
            said = error.message if _CHINESE.search(error.message) else "值的写法不对"
            return f"{error.param_hint or _name_of(error.param)}:{said}"
        case _ if original.startswith("No such command"):
            return (
                f"没有命令{original.removeprefix('No such command').partition('. ')[0].rstrip('.')}"
            )
        case _ if original.startswith("Got unexpected extra argument"):
            return f"多余的参数 {original.rpartition('(')[2].rstrip(').')}"
        case _ if original.startswith("Missing command"):
            return "缺少命令"
        case _:
            return original if _CHINESE.search(original) else f"命令写法不对({original})"


def _misused(option: str, original: str) -> str:
    if "does not take a value" in original:
        return f"选项 {option} 后面不写值"
    return f"选项 {option} 后面须写上值"


def _name_of(param: Any) -> str:
    if param is None:
        return "参数"
    long = [name for name in param.opts if name.startswith("--")]
    return str(long[0]) if long else str(param.metavar or param.name).upper()
