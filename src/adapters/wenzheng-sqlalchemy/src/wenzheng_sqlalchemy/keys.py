"""Providers of keys: :class:`OpenKeys`, which wraps nothing; what all of them share.

The other provider of this package is :class:`~wenzheng_sqlalchemy.keyfile.KeyFile`.
"""

from __future__ import annotations

from hashlib import sha256

import attrs

from wenzheng_core.domain.errors import KeyAbsentError, WenzhengError

_MARK = b"open\0"


class KeysError(WenzhengError):
    """A key or the file of keys cannot be used; says what to do, and shows no key."""


class KeysAbsentError(KeysError, KeyAbsentError):
    """The key was wrapped by another provider, which is not at hand."""

    def __init__(self) -> None:
        mend = "请以环境变量 WENZHENG_KEYS 指明密钥文件,或用写入时的密钥提供者打开"
        super().__init__(f"办件的密钥已由密钥文件等包裹;{mend}")


def is_open(wrapped: bytes) -> bool:
    """Whether a stored key lies in the database as it is."""
    return wrapped.startswith(_MARK)


@attrs.frozen
class OpenKeys:
    """Wraps nothing: the keys of the cases lie in the database as they are.

    With them a citizen's data can be erased for good: the key goes, and what it sealed stays closed
    in every place that the key did not reach. They do not protect against whoever reads the
    database, or a copy of it from before the erasure: the keys are in it. The digests of telephone
    numbers, too, are nobody's secret: whoever reads them can try all numbers.
    """

    def wrap(self, tenant: str, key: bytes) -> bytes:
        """The key, behind a mark that says that it is open."""
        return _MARK + key

    def unwrap(self, tenant: str, wrapped: bytes) -> bytes:
        """The key back. Raises KeysError for one that another provider wrapped."""
        if not is_open(wrapped):
            raise KeysAbsentError
        return wrapped.removeprefix(_MARK)

    def index_key(self, tenant: str) -> bytes:
        """A constant of the tenant, known to everybody."""
        return sha256(b"wenzheng open index\0" + tenant.encode()).digest()


@attrs.frozen
class AbsentKeys:
    """Stands for a provider that is not at hand: nothing new is sealed, so that none lies open by mistake.

    What was wrapped by nobody is opened; all else raises KeysAbsentError.
    """

    def wrap(self, tenant: str, key: bytes) -> bytes:
        """Raise KeysAbsentError."""
        raise KeysAbsentError

    def unwrap(self, tenant: str, wrapped: bytes) -> bytes:
        """The key back. Raises KeysAbsentError for one that is wrapped."""
        return OpenKeys().unwrap(tenant, wrapped)

    def index_key(self, tenant: str) -> bytes:
        """Raise KeysAbsentError: under another's index key no number would be found again."""
        raise KeysAbsentError
