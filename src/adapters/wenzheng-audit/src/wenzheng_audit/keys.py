"""Ed25519 keys in PEM files."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from wenzheng_core import UnknownError, WenzhengError

PUBLIC_SUFFIX = ".pub.pem"
_BLOCK = re.compile(rb"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----\n?", re.DOTALL)


class KeyFileError(WenzhengError):
    """A key file cannot be used; says why and what to do, never what is in it."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"密钥文件 {path}:{reason}")


class FileSigner:
    """A :class:`~wenzheng_core.ports.Signer` with its private key in a PEM file of mode 0600.

    Raises KeyFileError.
    """

    def __init__(self, path: Path) -> None:
        content = _read(path, secret=True)
        try:
            key = load_pem_private_key(content, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise KeyFileError(
                path, "不是未加口令的 PEM 私钥;可由 wenzheng audit key 生成"
            ) from None
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyFileError(path, "不是 Ed25519 私钥;可由 wenzheng audit key 生成")
        self._key = key
        self.key_id = key_id_of(key.public_key())

    def sign(self, content: bytes) -> bytes:
        """The signature of these bytes: 64 bytes."""
        return self._key.sign(content)

    def __repr__(self) -> str:
        return f"FileSigner({self.key_id})"


class FileVerifier:
    """A :class:`~wenzheng_core.ports.Verifier` that knows the public keys of a PEM file.

    The file may hold several, one block after another. Raises KeyFileError.
    """

    def __init__(self, path: Path) -> None:
        blocks = _BLOCK.findall(_read(path))
        try:
            keys = [load_pem_public_key(block) for block in blocks]
        except (ValueError, UnsupportedAlgorithm):
            keys = []
        if not keys or not all(isinstance(key, Ed25519PublicKey) for key in keys):
            reason = f"应只有 Ed25519 公钥(由 wenzheng audit key 生成的 *{PUBLIC_SUFFIX})"
            raise KeyFileError(path, reason)
        self._keys = {key_id_of(key): key for key in keys if isinstance(key, Ed25519PublicKey)}

    def verify(self, key_id: str, content: bytes, signature: bytes) -> bool:
        """Whether the signature holds. Raises UnknownError for a key that is not in the file."""
        if key_id not in self._keys:
            raise UnknownError("公钥", key_id, tuple(self._keys))
        try:
            self._keys[key_id].verify(signature, content)
        except InvalidSignature:
            return False
        return True


def key_id_of(key: Ed25519PublicKey) -> str:
    """The name of a key: the first 16 hexadecimal digits of the SHA-256 of its public bytes."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def public_path(path: Path) -> Path:
    """Where the public half of a key file stands: ``audit.pub.pem`` beside ``audit.pem``."""
    return path.with_name(path.name.removesuffix(".pem") + PUBLIC_SUFFIX)


def make_key(path: Path) -> str:
    """Make a key: the private half at ``path`` (mode 0600), the public one beside it; its id.

    Raises KeyFileError if either file is there already.
    """
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    beside = public_path(path)
    for each in (path, beside):
        if each.exists():
            raise KeyFileError(each, "已经存在,未覆盖;请换一个文件名")
    _create(path, private, 0o600)
    _create(beside, public, 0o644)
    return key_id_of(key.public_key())


def _create(path: Path, content: bytes, mode: int) -> None:
    try:
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise KeyFileError(path, "已经存在,未覆盖;请换一个文件名") from None
    with os.fdopen(file, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _read(path: Path, *, secret: bool = False) -> bytes:
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise KeyFileError(path, "不存在") from None
    # On Windows the mode says nothing of who may read a file.
    if secret and os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyFileError(path, f"他人也能读取;请先执行 chmod 600 {path}")
    return content
