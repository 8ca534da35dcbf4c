"""Channels from ``channels.toml``: every fault at once, in Chinese, and no secret in any of them."""

from __future__ import annotations

import difflib
import os
import ssl
from collections.abc import Mapping
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import cattrs
import httpcore

from wenzheng_channels.addresses import FixedBook
from wenzheng_channels.addressfile import read_addresses
from wenzheng_channels.configfile import SCHEMA, ChannelsFile, OutgoingTable
from wenzheng_channels.kinds import CITIZENS_WORDS, KINDS, Kind
from wenzheng_channels.outgoing import Egress, fault_of_url
from wenzheng_channels.reach import Network, Reach
from wenzheng_channels.reading import Reading
from wenzheng_core.clock import SystemClock
from wenzheng_core.domain.errors import Fault, InputFaultsError
from wenzheng_core.ports import Channel, TimeSource
from wenzheng_core.tomlfile import lenient, make_converter, parse_toml, structure


def channels_of(
    path: str | Path,
    environment: Mapping[str, str] = os.environ,
    clock: TimeSource = SystemClock(),
) -> tuple[Channel, ...]:
    """The channels of a file, in its order. Raises InputFaultsError with every fault of it."""
    path = Path(path)
    converter = make_converter()
    read = lenient(parse_toml(_text(path), path.name), ChannelsFile, converter)
    file, faults = read.value, list(read.faults)
    if not faults and file.schema != SCHEMA:
        faults.append(Fault("文件的种类不对", "$.schema", f'写 schema = "{SCHEMA}"'))
    reading = Reading(
        folder=path.parent,
        environment=environment,
        clock=clock,
        egress=_egress(file.outgoing, path.parent, faults),
        book=_book(file.addresses, path.parent, faults),
        faults=faults,
    )
    channels = [
        channel
        for place, table in enumerate(file.channel)
        if (channel := _channel(table, f"$.channel[{place}]", file, reading, converter))
    ]
    faults.extend(_named_twice(file))
    if faults:
        raise InputFaultsError(path.name, tuple(faults))
    return tuple(channels)


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except OSError:
        fault = Fault("文件不存在或不能读", path.name, "请核对环境变量 WENZHENG_CHANNELS")
    except UnicodeDecodeError:
        fault = Fault("文件不是 UTF-8 编码", path.name, "用编辑器另存为 UTF-8 编码")
    raise InputFaultsError(path.name, (fault,))


def _channel(
    table: dict[str, Any],
    path: str,
    file: ChannelsFile,
    reading: Reading,
    converter: cattrs.Converter,
) -> Channel | None:
    word = table.get("kind")
    kind = KINDS.get(word) if isinstance(word, str) else None
    if kind is None:
        reading.faults.append(_unknown_kind(word, path))
        return None
    try:
        shaped = structure(table, kind.table, converter, path)
    except InputFaultsError as error:
        reading.faults.extend(
            Fault(each.reason, f"{path}{each.path.removeprefix('$')}", each.mend)
            for each in error.faults
        )
        return None
    _look_at(kind, shaped.name, path, file, reading)
    return kind.make(shaped, reading, path)


def _look_at(kind: Kind, name: str, path: str, file: ChannelsFile, reading: Reading) -> None:
    if not name or name != name.strip():
        reading.faults.append(Fault("名称不能为空,首尾不能有空格", f"{path}.name"))
    if kind.needs_book and not file.addresses:
        mend = '在文件开头写 addresses = "addresses.toml"'
        reading.faults.append(Fault("这种渠道须有通讯录", path, mend))
    if kind.in_group and name in CITIZENS_WORDS:
        reason = f"「{name}」传送的是答复原文,不得发到群里"
        reading.faults.append(Fault(reason, f"{path}.name", "改用 webhook 或 gateway"))


def _unknown_kind(word: object, path: str) -> Fault:
    near = difflib.get_close_matches(str(word), KINDS, n=1)
    hint = f"是否应为 {near[0]}?" if near else ""
    reason = "不认识的 kind" if word is not None else "缺少必填项 kind"
    return Fault(reason, f"{path}.kind", f"{hint}可用的值:{'、'.join(KINDS)}")


def _named_twice(file: ChannelsFile) -> list[Fault]:
    names = [table.get("name") for table in file.channel]
    return [
        Fault(f"名称「{name}」已经用过", f"$.channel[{place}].name", "每个渠道用自己的名称")
        for place, name in enumerate(names)
        if isinstance(name, str) and name in names[:place]
    ]


def _egress(table: OutgoingTable, folder: Path, faults: list[Fault]) -> Egress:
    networks = [_network(text, place, faults) for place, text in enumerate(table.networks)]
    reach = Reach(
        networks=tuple(each for each in networks if each),
        hosts=frozenset(host.lower().rstrip(".") for host in table.hosts),
    )
    if table.proxy and (reason := fault_of_url(table.proxy)):
        faults.append(Fault(reason, "$.outgoing.proxy", "写 http://proxy.example.gov.cn:3128"))
    return Egress(reach=reach, proxy=table.proxy, tls=_tls(table.ca_file, folder, faults))


def _network(text: str, place: int, faults: list[Fault]) -> Network | None:
    try:
        return ip_network(text)
    except ValueError:
        path = f"$.outgoing.networks[{place}]"
        faults.append(Fault("不是网段", path, "写 10.20.0.0/16 这样的网段,主机位为 0"))
        return None


def _tls(ca_file: str, folder: Path, faults: list[Fault]) -> ssl.SSLContext:
    context = httpcore.default_ssl_context()
    if ca_file:
        try:
            context.load_verify_locations(folder / ca_file)
        except (OSError, ssl.SSLError):
            faults.append(Fault("证书文件不存在或不是 PEM", "$.outgoing.ca_file"))
    return context


def _book(name: str, folder: Path, faults: list[Fault]) -> FixedBook:
    if not name:
        return FixedBook()
    try:
        return read_addresses((folder / name).read_text("utf-8-sig"), name)
    except (OSError, UnicodeDecodeError):
        faults.append(Fault("通讯录不存在、不能读或不是 UTF-8", "$.addresses"))
    except InputFaultsError as error:
        faults.extend(Fault(each.reason, f"{name}:{each.path}", each.mend) for each in error.faults)
    return FixedBook()
