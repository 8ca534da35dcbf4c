"""``wenzheng reply check``: a draft of a reply, looked through as a policy asks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import attrs
import typer

from wenzheng_cli.errors import BadInputError
from wenzheng_cli.options import Json
from wenzheng_cli.policies import city_of
from wenzheng_cli.reading import read_text
from wenzheng_cli.writing import line, print_json, print_lines
from wenzheng_core import ReplyRemark


def check_reply(
    city: Annotated[
        str, typer.Argument(metavar="ID|FILE", help="城市办法的编号,或一个 policy.toml 文件。")
    ],
    text: Annotated[str | None, typer.Option("--text", help="拟回复的文字。")] = None,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="拟回复的文本文件。")] = None,
    as_json: Json = False,
) -> None:
    """What to look at before a reply is approved. Suggestions: the exit code says nothing of it."""
    reply = _reply(text, file)
    policy = city_of(city).versions.latest
    remarks = policy.reply.remarks(reply)
    if as_json:
        found = [attrs.asdict(remark) for remark in remarks]
        print_json({"policy": policy.id, "version": policy.version, "remarks": found})
    elif not (policy.reply.avoided or policy.reply.parts or policy.reply.courtesy):
        print_lines(f"「{policy.title}」没有规定回复用语,无从检查")
    elif not remarks:
        print_lines(f"按「{policy.title}」没有提示;仍须经办人审阅")
    else:
        for remark in remarks:
            print_lines(*_lines(remark))
        print_lines(f"共 {len(remarks)} 处提示,仅供参考,不拦截回复")


def _reply(text: str | None, file: Path | None) -> str:
    if (text is None) == (file is None):
        raise BadInputError("--text", text or "", "与 --file 须写且只写一个", '"您好,……"')
    reply = text if text is not None else read_text(file or Path(), "--file")
    if not reply.strip():
        raise BadInputError("--text" if file is None else "--file", str(file or ""), "没有内容")
    return reply


def _lines(remark: ReplyRemark) -> tuple[str, ...]:
    where = (f"  原句:{line(remark.where)}",) if remark.where else ()
    why = f"依据:{remark.basis}" if remark.basis else f"选择:{remark.choice}"
    return (f"- {remark.text}", *where, f"  {why}")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.callback()(lambda: None)
    group.command("check", help="按城市办法检查一份拟回复,只提示,不拦截。")(check_reply)
    app.add_typer(group, name="reply", help="回复:用语与内容的提示。")
