"""Signed checkpoints: Ed25519 keys in files, anchors in files that only grow.

cryptography is loaded when a key is first asked for, not when plugins are counted.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

from wenzheng_core import ArgumentError, hookimpl

if TYPE_CHECKING:
    from wenzheng_audit.anchors import FileAnchor
    from wenzheng_audit.keys import FileSigner, FileVerifier

__all__ = ["FileAnchors", "wenzheng_anchors"]


class FileAnchors:
    """Anchors and keys in files: ``file:///mnt/worm/anchor.jsonl``, ``file:///etc/wenzheng/audit.pem``."""

    schemes: tuple[str, ...] = ("file",)

    def anchor(self, url: str) -> FileAnchor:
        """The anchor in a file, which is made with its first checkpoint."""
        from wenzheng_audit.anchors import FileAnchor  # noqa: PLC0415 - loaded when asked

        return FileAnchor(path_of(url))

    def signer(self, url: str) -> FileSigner:
        """Who signs with the private key in a PEM file. Raises KeyFileError."""
        from wenzheng_audit.keys import FileSigner  # noqa: PLC0415 - loaded when asked

        return FileSigner(path_of(url))

    def verifier(self, url: str) -> FileVerifier:
        """Who knows the public keys in a PEM file. Raises KeyFileError."""
        from wenzheng_audit.keys import FileVerifier  # noqa: PLC0415 - loaded when asked

        return FileVerifier(path_of(url))

    def make_key(self, url: str) -> str:
        """Make a new key in a file where there is none; its id. Raises KeyFileError."""
        from wenzheng_audit.keys import make_key  # noqa: PLC0415 - loaded when asked

        return make_key(path_of(url))


def path_of(url: str) -> Path:
    """The path of a ``file`` URL on this machine. Raises ArgumentError."""
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not parts.path:
        raise ArgumentError(
            "url", f"「{url}」不是本机文件的地址;写法如 file:///mnt/worm/anchor.jsonl"
        )
    return Path(url2pathname(parts.path))


@hookimpl
def wenzheng_anchors() -> list[FileAnchors]:
    """Offer the anchors of this package."""
    return [FileAnchors()]
