"""What one reading of ``channels.toml`` has at hand: secrets by reference, files beside it, faults."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import attrs

from wenzheng_channels.addresses import AddressBook
from wenzheng_channels.configfile import Common
from wenzheng_channels.filling import unknown_fields
from wenzheng_channels.outgoing import Egress, fault_of_url
from wenzheng_channels.secrets import Secret
from wenzheng_core.domain.errors import Fault
from wenzheng_core.ports import TimeSource


@attrs.frozen(kw_only=True)
class Reading:
    """Surroundings of the tables, and the faults found so far.

    What is at fault is stood in for, so that one fault does not hide the next.
    """

    folder: Path
    environment: Mapping[str, str] = attrs.field(repr=False)
    clock: TimeSource
    egress: Egress
    book: AddressBook
    faults: list[Fault] = attrs.field(factory=list)

    def secret(self, table: Common, name: str, path: str) -> Secret:
        """The secret that ``NAME_env`` or ``NAME_file`` refers to; one of them is required."""
        found = self.secret_if_any(table, name, path)
        if found is None:
            mend = f"写 {name}_env(环境变量名)或 {name}_file(文件名),密钥本身不写在这里"
            self.faults.append(Fault(f"缺少 {name}", path, mend))
        return found or Secret("")

    def secret_if_any(self, table: Common, name: str, path: str) -> Secret | None:
        """The same, or None where neither is written."""
        variable = str(getattr(table, f"{name}_env"))
        file = str(getattr(table, f"{name}_file"))
        if variable and file:
            self.faults.append(Fault(f"{name}_env 与 {name}_file 只能写一个", path))
        elif variable:
            return self._from_environment(variable, f"{path}.{name}_env")
        elif file:
            return self._from_file(file, f"{path}.{name}_file")
        return None

    def _from_environment(self, variable: str, path: str) -> Secret:
        value = self.environment.get(variable, "").strip()
        if not value:
            fault = Fault(f"环境变量 {variable} 没有值", path, "在启动程序的环境中设好它")
            self.faults.append(fault)
        return Secret(value)

    def _from_file(self, name: str, path: str) -> Secret:
        try:
            value = (self.folder / name).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError):
            value = ""
        if not value:
            self.faults.append(Fault(f"文件 {name} 不存在、不能读或是空的", path, "密钥放在其中"))
        return Secret(value)

    def url(self, table: Common, path: str, *, plain: bool = False) -> Secret:
        """The URL of a table, a secret; where it may be ``plain``, it may stand in the file itself."""
        written = str(getattr(table, "url", "")) if plain else ""
        if written and (getattr(table, "url_env", "") or getattr(table, "url_file", "")):
            self.faults.append(Fault("url 与 url_env、url_file 只能写一个", path))
        found = Secret(written) if written else self.secret(table, "url", path)
        if found.reveal() and (reason := fault_of_url(found.reveal())):
            self.faults.append(Fault(reason, f"{path}.url"))
        return found

    def api(self, written: str, usual: str, path: str) -> str:
        """The start of an interface's address, as written or as usual."""
        if written and (reason := fault_of_url(written)):
            self.faults.append(Fault(reason, f"{path}.api"))
        return written.rstrip("/") or usual

    def templates(self, templates: Iterable[str], known: Collection[str], path: str) -> None:
        """Note every field that nobody fills, and a set of templates without the text."""
        templates = tuple(templates)
        for name in dict.fromkeys(
            name for each in templates for name in unknown_fields(each, known)
        ):
            mend = f"可用的:{'、'.join(f'{{{field}}}' for field in known)}"
            self.faults.append(Fault(f"不认识的 {{{name}}}", path, mend))
        if not any("{text}" in each for each in templates):
            self.faults.append(Fault("没有一处写 {text},收件人看不到内容", path))

    def at_least(self, value: int, least: int, path: str) -> int:
        """A number that is not too small; else the least, and a fault."""
        if value < least:
            self.faults.append(Fault(f"不能小于 {least}", path))
        return max(value, least)
