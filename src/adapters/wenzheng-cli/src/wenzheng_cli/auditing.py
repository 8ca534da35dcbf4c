"""``wenzheng audit``: verify the chains of a store, anchor them, make a key, rebuild the cases."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

import attrs
import typer

from wenzheng_cli.errors import BadInputError
from wenzheng_cli.options import CityId, Db, Json, Tenant
from wenzheng_cli.stores import opened_store
from wenzheng_cli.writing import instant, print_json, print_lines
from wenzheng_core import SystemClock, load_plugins
from wenzheng_core.anchoring import checkpoint
from wenzheng_core.auditing import AuditReport, verify
from wenzheng_core.flaws import SHOWN, Flaw
from wenzheng_core.questions import case_id_of
from wenzheng_core.rebuilding import RebuildReport, rebuild, verify_cases

ANCHOR_EXAMPLE = "file:///mnt/worm/anchor.jsonl"
UNANCHORED = "未与锚定对照:末尾连同登记一并截去、或整条链重写,无从发现"
NO_MARKS = "锚定中没有本租户的检查点;请核对 --anchor 和 --tenant,或先执行 wenzheng audit checkpoint"
UNSIGNED = "未核对锚定的签名;请以 --public 给出公钥"

AnchorUrl = Annotated[
    str | None, typer.Option("--anchor", help=f"锚定的地址或文件,如 {ANCHOR_EXAMPLE}。")
]


def check(
    city: CityId,
    db: Db,
    anchor: AnchorUrl = None,
    public: Annotated[
        str | None, typer.Option("--public", help="公钥的地址或文件,用以核对锚定的签名。")
    ] = None,
    case: Annotated[
        str | None, typer.Option("--case", help="只核验这一办件:编号,或 来源/原编号。")
    ] = None,
    tenant: Tenant = None,
    as_json: Json = False,
) -> int:
    """Verify; 1 if something does not hold."""
    if public and not anchor:
        raise BadInputError("--public", public, "须与 --anchor 一同给出")
    if case and anchor:
        raise BadInputError("--case", case, "不能与 --anchor 一同给出:锚定的是全部记录")
    plugins = load_plugins()
    kept = plugins.anchor_provider(_url(anchor)).anchor(_url(anchor)) if anchor else None
    verifier = plugins.anchor_provider(_url(public)).verifier(_url(public)) if public else None
    if anchor:
        _require_there(anchor)
    with closing(opened_store(plugins, db, city, tenant)) as storage:
        marks = tuple(kept.all(storage.tenant)) if kept else ()
        case_id = _case_id(storage.tenant, case) if case else None
        report = verify(storage, checkpoints=marks, verifier=verifier, case_id=case_id)
        cases = verify_cases(storage, case_id=case_id)
    # An anchor that says nothing of this tenant shows nothing: never a sound answer.
    sound = report.sound and cases.sound and (kept is None or bool(marks))
    if as_json:
        print_json(_document(report, cases, sound=sound))
    else:
        _say(report, cases)
        if kept is not None and not marks:
            print_lines(NO_MARKS)
        elif kept is not None:
            print_lines(f"锚定 {len(marks)} 个,对上 {report.checkpoints} 个")
            print_lines(f"签名成立 {report.signatures} 个" if verifier else UNSIGNED)
        elif case is None:
            print_lines(UNANCHORED)
    return 0 if sound else 1


def anchored(
    city: CityId,
    db: Db,
    anchor: Annotated[
        str, typer.Option("--anchor", help=f"锚定的地址或文件,如 {ANCHOR_EXAMPLE}。")
    ],
    key: Annotated[str, typer.Option("--key", help="签名私钥的地址或文件。")],
    tenant: Tenant = None,
    as_json: Json = False,
) -> None:
    """Sign where the chains stand, and lay it down."""
    plugins = load_plugins()
    signer = plugins.anchor_provider(_url(key)).signer(_url(key))
    where = plugins.anchor_provider(_url(anchor)).anchor(_url(anchor))
    with closing(opened_store(plugins, db, city, tenant)) as storage:
        made = checkpoint(storage, signer, where, SystemClock().now())
    if as_json:
        print_json(
            {
                "anchored": made is not None,
                "position": made.position if made else None,
                "link": made.link.hex() if made else None,
                "lines": made.lines if made else None,
                "line_link": made.line_link.hex() if made else None,
                "at": instant(made.at) if made else None,
                "key": signer.key_id,
            }
        )
    elif made is None:
        print_lines("自上次锚定以来没有新内容,未再锚定")
    else:
        counts = f"记录 {made.position} 条,值班日志 {made.lines} 行"
        print_lines(f"已锚定:{counts},密钥 {made.key_id}")


def make_key(
    file: Annotated[str, typer.Argument(metavar="FILE", help="私钥写到何处,如 audit.pem。")],
    as_json: Json = False,
) -> None:
    """Make a signing key."""
    key_id = load_plugins().anchor_provider(_url(file)).make_key(_url(file))
    if as_json:
        print_json({"key": key_id})
    else:
        print_lines(
            f"已生成密钥 {key_id}:私钥 {file} 只供锚定的作业读取,公钥在它旁边,交核验的人保存"
        )


def remake(
    city: CityId,
    db: Db,
    write: Annotated[bool, typer.Option("--write", help="改正;不写即只作比对。")] = False,
    tenant: Tenant = None,
    as_json: Json = False,
) -> int:
    """Fold every case from its records; 1 if one still differs."""
    plugins = load_plugins()
    with closing(opened_store(plugins, db, city, tenant)) as storage:
        report = rebuild(storage, write=write)
    if as_json:
        print_json(_rebuilt(report))
    else:
        print_lines(*_unopened(report))
        done = f",已改正 {report.restored} 件" if write else ""
        print_lines(f"办件 {report.cases} 件,与记录不符 {report.count} 件{done}")
        print_lines(*_listed(report.flaws, report.count))
    return 0 if report.sound and not report.closed else 1


def _url(text: str) -> str:
    """A URL as it is; a path of this machine as one."""
    return text if "://" in text else Path(text).absolute().as_uri()


def _require_there(anchor: str) -> None:
    """Raise BadInputError for an anchor in a file that is not there; it is made when it is written."""
    parts = urlsplit(_url(anchor))
    if parts.scheme == "file" and not Path(url2pathname(parts.path)).is_file():
        reason = "不存在;请核对路径,或先执行 wenzheng audit checkpoint"
        raise BadInputError("--anchor", anchor, reason)


def _case_id(tenant: str, name: str) -> str:
    source, sign, number = name.partition("/")
    return case_id_of(tenant, source, number) if sign else name


def _say(report: AuditReport, cases: RebuildReport) -> None:
    count = report.count + cases.count
    found = f"{count} 处不符" if count else "全部相符"
    print_lines(
        f"核验租户「{report.tenant}」:记录 {report.records} 条,办件 {cases.cases} 件,"
        f"值班日志 {report.lines} 行;{found}",
        *_listed(report.flaws, report.count),
        *_listed(cases.flaws, cases.count),
        *_unopened(cases),
    )


def _unopened(cases: RebuildReport) -> list[str]:
    """What the want of a key leaves open: of the chains it leaves nothing open."""
    mend = "请以环境变量 WENZHENG_KEYS 指明密钥文件;链的核验不需要密钥"
    return [f"密钥不在,未能比对 {cases.closed} 件;{mend}"] if cases.closed else []


def _listed(flaws: tuple[Flaw, ...], count: int) -> list[str]:
    lines = [f"  {flaw}" for flaw in flaws]
    return [*lines, f"  另有 {count - SHOWN} 处"] if count > SHOWN else lines


def _document(report: AuditReport, cases: RebuildReport, *, sound: bool) -> dict[str, Any]:
    return {
        "tenant": report.tenant,
        "sound": sound,
        "records": report.records,
        "cases": cases.cases,
        "closed": cases.closed,
        "lines": report.lines,
        "link": report.head.link.hex(),
        "line_link": report.head.line_link.hex(),
        "checkpoints": report.checkpoints,
        "signatures": report.signatures,
        "count": report.count + cases.count,
        "flaws": [_told(flaw) for flaw in (*report.flaws, *cases.flaws)],
    }


def _rebuilt(report: RebuildReport) -> dict[str, Any]:
    return {
        "tenant": report.tenant,
        "sound": report.sound,
        "cases": report.cases,
        "closed": report.closed,
        "restored": report.restored,
        "count": report.count,
        "flaws": [_told(flaw) for flaw in report.flaws],
    }


def _told(flaw: Flaw) -> dict[str, Any]:
    return {**attrs.asdict(flaw), "kind": flaw.kind.value, "text": str(flaw)}


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(no_args_is_help=True, rich_markup_mode=None)
    group.callback()(lambda: None)
    group.command("verify", help="核验:记录和值班日志有无被改、被删、被换。")(check)
    group.command("checkpoint", help="锚定:签名记下链的末端,存到数据库之外。")(anchored)
    group.command("key", help="生成锚定所用的签名密钥。")(make_key)
    group.command("rebuild", help="由记录重算每件办件并比对;--write 改正。")(remake)
    app.add_typer(group, name="audit", help="审计:核验、锚定、重建。")
