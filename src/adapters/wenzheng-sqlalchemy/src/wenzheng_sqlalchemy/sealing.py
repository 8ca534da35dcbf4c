"""The citizen's data, sealed before it reaches the database: what is erased cannot be opened again.

Each case has a key of its own for each part of :data:`~wenzheng_core.domain.messages.PERSONAL`,
made at random, stored in ``wz_case_key`` and wrapped there by a key of the tenant
(:class:`~wenzheng_core.ports.KeyProvider`). To erase a part is to delete its key: the sealed text
stays where it is, in events, in copies of them and under the chain of hashes, and nobody opens it.

A sealed text is ``v1.`` and, in base64, 12 random bytes and what AES-256-GCM makes of the part's
fields as JSON; tenant, case and part are bound to it, so that it opens nowhere else. Sealing and
opening a message cost some ten microseconds, unwrapping a key whatever the provider needs for it:
so keys are kept open for the cases in use, and texts are not kept at all.
"""

from __future__ import annotations

import hmac
import os
from binascii import a2b_base64, b2a_base64
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from threading import Lock
from typing import Any, TypeAlias

import attrs
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from wenzheng_core import wire
from wenzheng_core.domain.errors import WenzhengError
from wenzheng_core.domain.messages import PERSONAL, Message, plain_phone
from wenzheng_core.ports import KeyProvider
from wenzheng_sqlalchemy.errors import StoreError, store_errors

Document: TypeAlias = dict[str, Any]
Wrapped: TypeAlias = Mapping[str, bytes]
"""The keys of a case as they are stored, by part; a part that is not there has been erased."""

KEY_BITS = 256
CASES_KEPT = 4096
"""Of how many cases the keys are kept open: about 3 MB."""

_FORM = "v1."
_SPOILT = "无法解封:密文已被改动,或密钥不相符;请由备份恢复"
_NONCE = 12
# What Message asks for even when nothing is left of it.
_REQUIRED = {field.name for field in attrs.fields(Message) if field.default is attrs.NOTHING}

KEY_LOST = "的密钥缺失,却没有删除的记录;请由备份恢复"
"""Why a sealed part that no record says was erased is an error: somebody took its key."""


class SealError(StoreError):
    """A citizen's data cannot be sealed or opened; names the case, never what it holds."""

    def __init__(self, case_id: str, reason: str) -> None:
        self.case_id = case_id
        super().__init__(f"办件 {case_id} 的个人信息{reason}")


@attrs.frozen
class _Cipher:
    """A key of a case, open; ``stored`` is how it lies in the database."""

    stored: bytes = attrs.field(repr=False)
    bound_to: bytes
    aead: AESGCM = attrs.field(repr=False)

    def close(self, plain: bytes) -> str:
        nonce = os.urandom(_NONCE)
        return _encoded(nonce + self.aead.encrypt(nonce, plain, self.bound_to))

    def open(self, text: str) -> bytes:
        """What was closed. Raises InvalidTag, ValueError."""
        closed = _decoded(text)
        return self.aead.decrypt(closed[:_NONCE], closed[_NONCE:], self.bound_to)


class Sealer:
    """Seals and opens the documents of one tenant; may be used from several threads.

    A document is an event or a case as :mod:`wenzheng_core.wire` writes it. One without a message
    comes back as it is, the same object.
    """

    def __init__(self, tenant: str, keys: KeyProvider) -> None:
        self._tenant = tenant
        self._keys = keys
        self._open: OrderedDict[str, dict[str, _Cipher]] = OrderedDict()
        self._lock = Lock()
        self._index_key = b""

    def new_keys(self, case_id: str) -> Wrapped:
        """Fresh keys for a new case, one a part, wrapped. Raises what the provider raises."""
        wrapped = {}
        for part in PERSONAL:
            key = AESGCM.generate_key(KEY_BITS)
            wrapped[part] = self._keys.wrap(self._tenant, key)
            self._keep(case_id, part, wrapped[part], key)
        return wrapped

    def seal(self, document: Document, case_id: str, wrapped: Wrapped) -> Document:
        """The document with every message's parts sealed.

        Raises SealError for a part that holds something and has no key, as one that was erased:
        what is erased is never written again. Raises StoreError for text that is no Unicode.
        """
        if not _has_messages(document):
            return document
        with store_errors():
            return _with_messages(document, lambda m: self._sealed(m, case_id, wrapped))

    def unseal(self, document: Document, case_id: str, wrapped: Wrapped) -> Document:
        """The document back; a part without a key is empty, as an erased one is.

        Raises SealError for a part that has its key and yet does not open: it or its key was
        changed, or belongs to another case or tenant; and for what is no message.
        """
        if not _has_messages(document):
            return document
        try:
            return _with_messages(document, lambda m: self._opened(m, case_id, wrapped))
        except (AttributeError, LookupError, TypeError):
            raise SealError(case_id, _SPOILT) from None

    def forget(self, case_id: str) -> None:
        """Keep the keys of a case no longer: some of them have been erased."""
        with self._lock:
            self._open.pop(case_id, None)

    def lookup(self, phone: str) -> str:
        """The keyed digest by which a telephone number is found, in hex; "" for no digit."""
        number = plain_phone(phone)
        if not number:
            return ""
        if not self._index_key:
            self._index_key = self._keys.index_key(self._tenant)
        return hmac.digest(self._index_key, number.encode(), "sha256").hex()

    def lookups(self, document: Document) -> set[str]:
        """The digests of the telephone numbers in a document that is not sealed."""
        phones = {m.get("contact", {}).get("phone", "") for m in _messages(document)}
        return {digest for digest in map(self.lookup, phones) if digest}

    def _sealed(self, message: Document, case_id: str, wrapped: Wrapped) -> Document:
        left, sealed = dict(message), {}
        for part, names in PERSONAL.items():
            fields = {name: message[name] for name in names if name in message}
            if not any(fields.values()):
                continue
            for name in fields:
                del left[name]
            cipher = self._cipher(case_id, part, wrapped)
            if cipher is None:
                raise SealError(case_id, "已经删除,不得再次写入;请核对写入的内容")
            sealed[part] = cipher.close(wire.to_json(fields).encode())
        return {**left, "sealed": sealed} if sealed else message

    def _opened(self, message: Document, case_id: str, wrapped: Wrapped) -> Document:
        if "sealed" not in message:
            return message
        opened = {name: value for name, value in message.items() if name != "sealed"}
        for part, text in message["sealed"].items():
            cipher = self._cipher(case_id, part, wrapped)
            if cipher is None:
                opened |= dict.fromkeys(_REQUIRED.intersection(PERSONAL.get(part, ())), "")
            else:
                opened |= _fields(cipher, case_id, text)
        return opened

    def _cipher(self, case_id: str, part: str, wrapped: Wrapped) -> _Cipher | None:
        """What opens the part; None without a key, whatever is kept open of before."""
        stored = wrapped.get(part)
        if stored is None:
            return None
        with self._lock:
            kept = self._open.get(case_id, {}).get(part)
            if kept and kept.stored == stored:
                self._open.move_to_end(case_id)
                return kept
        try:
            return self._keep(case_id, part, stored, self._keys.unwrap(self._tenant, stored))
        except (WenzhengError, ValueError) as error:
            raise SealError(case_id, f"的密钥无法解开:{error}") from error

    def _keep(self, case_id: str, part: str, stored: bytes, key: bytes) -> _Cipher:
        cipher = _Cipher(stored, _framed(self._tenant, case_id, part), AESGCM(key))
        with self._lock:
            self._open.setdefault(case_id, {})[part] = cipher
            self._open.move_to_end(case_id)
            while len(self._open) > CASES_KEPT:
                self._open.popitem(last=False)
        return cipher


def _fields(cipher: _Cipher, case_id: str, text: str) -> Document:
    try:
        fields: Document = wire.from_json(cipher.open(text))
    except (InvalidTag, ValueError):
        raise SealError(case_id, _SPOILT) from None
    return fields


def _framed(*names: str) -> bytes:
    """The names with their lengths before them: no other names give the same bytes."""
    return b"".join(len(x).to_bytes(4, "big") + x for x in (name.encode() for name in names))


def _encoded(closed: bytes) -> str:
    return _FORM + b2a_base64(closed, newline=False).decode()


def _decoded(text: str) -> bytes:
    """The bytes of a sealed text. Raises ValueError."""
    closed = a2b_base64(text.removeprefix(_FORM))
    # Base64 has more than one text for the same bytes; here only ours is right.
    if _encoded(closed) != text:
        raise ValueError(_FORM)
    return closed


def closed_parts(document: Document, wrapped: Wrapped) -> set[str]:
    """The parts that are sealed in a document and have no key any more."""
    sealed = (m.get("sealed", {}) for m in _messages(document) if isinstance(m, dict))
    return {part for parts in sealed for part in parts}.difference(wrapped)


def _has_messages(document: Document) -> bool:
    return "message" in document or "revisions" in document


def _messages(document: Document) -> Iterator[Any]:
    if "message" in document:
        yield document["message"]
    for revision in document.get("revisions", ()):
        yield revision["message"]


def _with_messages(document: Document, change: Callable[[Document], Document]) -> Document:
    """The document with each of its messages changed."""
    changed = dict(document)
    if "message" in document:
        changed["message"] = change(document["message"])
    if revisions := document.get("revisions"):
        changed["revisions"] = [{**r, "message": change(r["message"])} for r in revisions]
    return changed
