"""Ed25519 keys in files: what they sign, who may read them, what is said of a file that is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wenzheng_audit import path_of
from wenzheng_audit.keys import FileSigner, FileVerifier, KeyFileError, make_key, public_path
from wenzheng_core import ArgumentError, UnknownError, load_plugins

POSIX = pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX")


def test_what_is_signed_holds_and_nothing_else(tmp_path: Path) -> None:
    """A signature holds for its bytes and its key; not for other bytes, not when it is changed."""
    path = tmp_path / "audit.pem"
    key_id = make_key(path)
    signer, verifier = FileSigner(path), FileVerifier(public_path(path))
    signature = signer.sign(b"head")
    assert signer.key_id == key_id
    assert verifier.verify(key_id, b"head", signature)
    assert not verifier.verify(key_id, b"heads", signature)
    assert not verifier.verify(key_id, b"head", signature[:-1] + bytes([signature[-1] ^ 1]))
    assert not verifier.verify(key_id, b"head", b"")


def test_a_known_key_and_signature(tmp_path: Path) -> None:
    """The first test vector of RFC 8032, section 7.1: other tools check what this one signs."""
    secret = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    expected = (
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
        "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    )
    key = Ed25519PrivateKey.from_private_bytes(secret)
    path = tmp_path / "rfc.pem"
    path.write_bytes(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()))
    path.chmod(0o600)
    assert FileSigner(path).sign(b"").hex() == expected


def test_a_changed_key_leaves_old_signatures_verifiable(tmp_path: Path) -> None:
    """A public file with several keys finds each by its id; one that it lacks is unknown."""
    ids = [make_key(tmp_path / f"{n}.pem") for n in (1, 2, 3)]
    both = tmp_path / "public.pem"
    both.write_bytes(b"".join((tmp_path / f"{n}.pub.pem").read_bytes() for n in (1, 2)))
    verifier = FileVerifier(both)
    for number, key_id in enumerate(ids[:2], 1):
        signed = FileSigner(tmp_path / f"{number}.pem").sign(b"x")
        assert verifier.verify(key_id, b"x", signed)
    with pytest.raises(UnknownError):
        verifier.verify(ids[2], b"x", b"")


def test_no_key_is_overwritten(tmp_path: Path) -> None:
    """Where either half of a key is there already, none is made, and both stay as they were."""
    path = tmp_path / "audit.pem"
    make_key(path)
    before = path.read_bytes()
    with pytest.raises(KeyFileError, match="已经存在"):
        make_key(path)
    assert path.read_bytes() == before
    path.unlink()
    with pytest.raises(KeyFileError, match="已经存在"):
        make_key(path)
    assert not path.exists()


@POSIX
def test_a_private_key_is_its_owners(tmp_path: Path) -> None:
    """A key is made so that only its owner reads it, and one that others may read is refused."""
    path = tmp_path / "audit.pem"
    make_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(KeyFileError, match="chmod 600"):
        FileSigner(path)


def test_files_that_are_no_keys(tmp_path: Path) -> None:
    """A missing file, a text, a key of another kind, a public key for a private one: each is told."""
    with pytest.raises(KeyFileError, match="不存在"):
        FileSigner(tmp_path / "absent.pem")
    path = tmp_path / "other.pem"
    other = generate_private_key(SECP256R1())
    private = other.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())
    public = other.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo)
    for content in (b"", b"text", private, public):
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(KeyFileError, match="wenzheng audit key"):
            FileSigner(path)
        with pytest.raises(KeyFileError, match="公钥"):
            FileVerifier(path)


def test_a_private_key_shows_in_no_repr(tmp_path: Path) -> None:
    """A signer shows its key's id and nothing else."""
    make_key(tmp_path / "audit.pem")
    signer = FileSigner(tmp_path / "audit.pem")
    assert repr(signer) == f"FileSigner({signer.key_id})"


def test_by_url(tmp_path: Path) -> None:
    """The plugin brings keys by ``file`` URL, blanks and Chinese in the path included."""
    path = tmp_path / "审计 key.pem"
    provider = load_plugins().anchor_provider("file:///")
    key_id = provider.make_key(path.as_uri())
    signed = provider.signer(path.as_uri()).sign(b"x")
    assert provider.verifier(public_path(path).as_uri()).verify(key_id, b"x", signed)
    for url in ("file://elsewhere/x.pem", "http://x/y", "file:"):
        with pytest.raises(ArgumentError):
            path_of(url)
