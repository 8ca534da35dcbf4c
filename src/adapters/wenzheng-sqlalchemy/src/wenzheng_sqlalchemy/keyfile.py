"""Keys of the tenants in a file of their own, apart from the database."""

from __future__ import annotations

import json
import os
import stat
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wenzheng_core.domain.errors import UnknownError
from wenzheng_sqlalchemy.keys import KeysError

KEY = 32
"""Bytes of a key."""

_MARK = b"file\0"
_NUMBER = 4
_NONCE = 12
_FORM = 1
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@attrs.frozen
class _Ring:
    """The keys of one tenant: by number, the greatest being the present one."""

    index: bytes = attrs.field(repr=False)
    keys: Mapping[int, bytes] = attrs.field(repr=False)

    @property
    def present(self) -> int:
        return max(self.keys)


@attrs.define(eq=False)
class KeyFile:
    """Keys in a file that only its owner may read; to be kept and backed up apart from the database.

    Made by :meth:`create`; each tenant is added once, and may be given a newer key by
    :meth:`rotate`. A key is wrapped by AES-256-GCM under the tenant's newest, with that one's number
    before it. Older keys stay in the file, so that what they wrapped is opened. **Whoever loses the
    file loses what is sealed under it.** Raises KeysError for a file that is missing, spoilt, or open
    to others than its owner (POSIX).
    """

    path: Path = attrs.field(converter=Path)
    _rings: dict[str, _Ring] = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._rings = _read(self.path)

    @classmethod
    def create(cls, path: str | Path) -> KeyFile:
        """Make a file without tenants. Raises KeysError if there is something already."""
        path = Path(path)
        with _file_errors(path, "请换一个文件名"):
            _make(path)
            _write(path, {})
            _sync_folder(path)
        return cls(path)

    def add(self, tenant: str) -> None:
        """Give a tenant its index key and its first key. Raises KeysError if it has them."""
        with self._changing() as rings:
            if tenant in rings:
                raise KeysError(f"租户「{tenant}」已有密钥,没有改动;换新密钥请用 rotate")
            rings[tenant] = _Ring(os.urandom(KEY), {1: os.urandom(KEY)})

    def rotate(self, tenant: str) -> int:
        """Give a tenant a newer key, and return its number. Raises UnknownError.

        Other processes wrap by the key that they know until they are started again; for a number
        that they do not know they read the file again. What is wrapped already comes under the new
        key by :func:`~wenzheng_sqlalchemy.rewrapping.rewrap_keys`.
        """
        with self._changing() as rings:
            ring = _ring_of(rings, tenant)
            number = ring.present + 1
            rings[tenant] = attrs.evolve(ring, keys={**ring.keys, number: os.urandom(KEY)})
        return number

    def wrap(self, tenant: str, key: bytes) -> bytes:
        """The key, wrapped by the tenant's newest. Raises UnknownError for an unknown tenant."""
        ring = self._ring(tenant)
        number = ring.present.to_bytes(_NUMBER, "big")
        nonce = os.urandom(_NONCE)
        closed = AESGCM(ring.keys[ring.present]).encrypt(nonce, key, _bound_to(tenant, number))
        return _MARK + number + nonce + closed

    def unwrap(self, tenant: str, wrapped: bytes) -> bytes:
        """The key back. Raises KeysError if it was changed or is another tenant's."""
        if not wrapped.startswith(_MARK):
            raise KeysError("这把密钥不是由密钥文件包裹的;请用写入时的密钥提供者打开")
        number, rest = _split(wrapped.removeprefix(_MARK), _NUMBER)
        key = self._key(tenant, int.from_bytes(number, "big"))
        nonce, closed = _split(rest, _NONCE)
        try:
            return AESGCM(key).decrypt(nonce, closed, _bound_to(tenant, number))
        except (InvalidTag, ValueError):
            raise KeysError(
                f"密钥已被改动,或不属于租户「{tenant}」;请核对密钥文件,或由备份恢复"
            ) from None

    def index_key(self, tenant: str) -> bytes:
        """The tenant's index key, which no rotation changes. Raises UnknownError."""
        return self._ring(tenant).index

    @contextmanager
    def _changing(self) -> Iterator[dict[str, _Ring]]:
        """The tenants as they are on the disk, to be changed; then the file says what they are.

        The next file's name is the lock: two that change at once would lose one's keys.
        """
        fresh = self.path.with_name(f"{self.path.name}.new")
        with _file_errors(fresh, "可能另一程序正在更改密钥;确认没有后,请删除该文件再试"):
            _make(fresh)
        try:
            rings = _read(self.path)
            yield rings
            with _file_errors(self.path):
                _write(fresh, rings)
                fresh.replace(self.path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        _sync_folder(self.path)
        self._rings = rings

    def _ring(self, tenant: str) -> _Ring:
        if tenant not in self._rings:
            self._rings = _read(self.path)
        return _ring_of(self._rings, tenant)

    def _key(self, tenant: str, number: int) -> bytes:
        if number not in self._ring(tenant).keys:
            self._rings = _read(self.path)
        found = self._ring(tenant).keys.get(number)
        if found is None:
            raise KeysError(
                f"{self.path} 中没有租户「{tenant}」的第 {number} 号密钥;请恢复较新的密钥文件"
            )
        return found


def _ring_of(rings: Mapping[str, _Ring], tenant: str) -> _Ring:
    if tenant not in rings:
        mend = f'请先添加:KeyFile(路径).add("{tenant}")'
        raise UnknownError("租户的密钥", tenant, tuple(rings), mend)
    return rings[tenant]


def _split(data: bytes, size: int) -> tuple[bytes, bytes]:
    return data[:size], data[size:]


def _bound_to(tenant: str, number: bytes) -> bytes:
    return number + tenant.encode()


# --- The file -------------------------------------------------------------------------------------


def _read(path: Path) -> dict[str, _Ring]:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read()
    except OSError as error:
        raise KeysError(
            f"密钥文件 {path} 无法读取:{error.strerror};请检查路径和权限,或用 KeyFile.create 新建"
        ) from error
    if os.name == "posix" and mode & _OTHERS:
        raise KeysError(f"密钥文件 {path} 可被他人读写;请执行 chmod 600 {path}")
    with suppress(ValueError, LookupError, TypeError, AttributeError):
        return _rings_of(json.loads(text))
    # Raised outside: a parser's error holds what it read, and would go along as the context.
    raise KeysError(f"密钥文件 {path} 的内容不是密钥文件的格式;请由备份恢复")


def _rings_of(data: dict[str, Any]) -> dict[str, _Ring]:
    if data["form"] != _FORM:
        raise ValueError
    return {tenant: _ring_from(kept) for tenant, kept in data["tenants"].items()}


def _ring_from(kept: dict[str, Any]) -> _Ring:
    keys = {int(number): _key_from(text) for number, text in kept["keys"].items()}
    if not keys:
        raise ValueError
    return _Ring(_key_from(kept["index"]), keys)


def _key_from(text: str) -> bytes:
    key = b64decode(text, validate=True)
    if len(key) != KEY:
        raise ValueError
    return key


def _make(path: Path) -> None:
    """Make a file that was not there, for its owner alone."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _write(path: Path, rings: Mapping[str, _Ring]) -> None:
    """Write into a file that is there, down to the disk."""
    with path.open("w", encoding="utf-8") as file:
        json.dump(_as_json(rings), file, ensure_ascii=False, indent=2)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _file_errors(path: Path, if_there: str = "") -> Iterator[None]:
    try:
        yield
    except FileExistsError:
        raise KeysError(f"{path} 已经存在,没有改动;{if_there}") from None
    except OSError as error:
        raise KeysError(f"{path} 无法写入:{error.strerror};请检查文件夹和权限") from error


def _as_json(rings: Mapping[str, _Ring]) -> dict[str, Any]:
    tenants = {
        tenant: {
            "index": b64encode(ring.index).decode(),
            "keys": {str(number): b64encode(key).decode() for number, key in ring.keys.items()},
        }
        for tenant, ring in rings.items()
    }
    return {"form": _FORM, "tenants": tenants}


def _sync_folder(path: Path) -> None:
    """Make a new or replaced name survive a power cut, where a folder can be synced."""
    with suppress(OSError):
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
