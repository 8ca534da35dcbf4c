"""An anchor in a file that only grows: JSON Lines, one checkpoint a line."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from wenzheng_core import Fault, InputFaultsError, RefusedError
from wenzheng_core.checkpoints import Checkpoint, read_checkpoint


class FileAnchor:
    """An :class:`~wenzheng_core.ports.Anchor` in a file, on a medium that others cannot rewrite.

    Each checkpoint is appended with one write and is on the medium when ``put`` returns. The file is
    never rewritten. One job writes to it: nothing is locked.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = self._now()

    def put(self, checkpoint: Checkpoint) -> None:
        """Append a checkpoint.

        Raises RefusedError ``anchor.shrunk`` if the file is shorter than this object has seen it, and
        ``anchor.back`` if the tenant's last checkpoint has more records or lines; InputFaultsError
        for a file that holds anything else than checkpoints, and OSError.
        """
        self._require_grown()
        for last in self.all(checkpoint.tenant):
            if last.position > checkpoint.position or last.lines > checkpoint.lines:
                when = last.at.isoformat(timespec="seconds")
                raise RefusedError("anchor.back", f"{when} 的锚定已有更多记录,不能倒退")
        line = f"{checkpoint.to_json()}\n".encode()
        new = not self._path.exists()
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            written = os.write(file, line)
            if written < len(line):  # a full disk took a part: the next reading tells of it
                raise OSError(errno.ENOSPC, "No space left on device", str(self._path))
            os.fsync(file)
        finally:
            os.close(file)
        if new:
            _sync_folder(self._path.parent)
        self._size = self._now()

    def all(self, tenant: str) -> Iterator[Checkpoint]:
        """The checkpoints of a tenant in the order of the file. Raises InputFaultsError, RefusedError."""
        self._require_grown()
        if not self._path.exists():
            return
        with self._path.open("r", encoding="utf-8", newline="\n") as file:
            for number, line in enumerate(file, 1):
                found = self._read(line, number)
                if found.tenant == tenant:
                    yield found

    def _read(self, line: str, number: int) -> Checkpoint:
        mend = "请与锚定的副本核对;末行若系写入中断所致,删去这半行"
        try:
            found = read_checkpoint(line)
        except (ValueError, RecursionError):
            found = None
        if found is None or not line.endswith("\n"):
            fault = Fault("不是一条完整的锚定", f"第{number}行", mend)
            raise InputFaultsError(self._path.name, (fault,))
        return found

    def _require_grown(self) -> None:
        size = self._now()
        if size < self._size:
            reason = f"锚定文件 {self._path.name} 变短了:此前 {self._size} 字节,现在 {size} 字节"
            raise RefusedError("anchor.shrunk", reason)
        self._size = size

    def _now(self) -> int:
        return self._path.stat().st_size if self._path.exists() else 0


def _sync_folder(folder: Path) -> None:
    """Make a new name in a folder last, where the system can do that."""
    if os.name == "posix":
        file = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(file)
        finally:
            os.close(file)
