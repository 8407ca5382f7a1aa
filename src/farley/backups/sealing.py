"""A file encrypted with a passphrase: written as a stream, read at any place, and no octet of it believed unproved.

    farley-sealed-1 LF   16 octets that say what it is
    salt                 16 octets; scrypt makes of them and the passphrase a key that no other file has
    chunks               of 64 KiB, AES-256-GCM; the last one is shorter, or empty

A chunk's nonce is its number and whether it is the last one: none can be left out, moved, doubled or cut off.
"""

from __future__ import annotations

import hashlib
import io
import os
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

MAGIC = b"farley-sealed-1\n"
SALT = 16
HEADER = len(MAGIC) + SALT
CHUNK = 1 << 16
TAG = 16
SCRYPT = {"n": 1 << 16, "r": 8, "p": 1, "maxmem": 1 << 27}  # 64 MB and a fifth of a second for each guess


def is_sealed(beginning: bytes) -> bool:
    """Whether a file that begins so, with 16 octets or more, is sealed."""
    return beginning.startswith(MAGIC)


class CannotUnseal(ValueError):
    """The passphrase is not the one, or octets are not what was written. The message says where."""


class Sealing(io.RawIOBase):
    """A file to write to; `close` seals it, and leaves `file` open. It cannot be sought in."""

    def __init__(self, file: IO[bytes], passphrase: str) -> None:
        salt = os.urandom(SALT)
        self._file, self._key, self._waiting, self._number = file, _key(passphrase, salt), bytearray(), 0
        file.write(MAGIC + salt)

    def writable(self) -> bool:
        return True

    def write(self, octets: Any, /) -> int:
        self._waiting += octets
        while len(self._waiting) >= CHUNK:
            self._seal(bytes(self._waiting[:CHUNK]), is_last=False)
            del self._waiting[:CHUNK]
        return len(memoryview(octets).cast("B"))

    def close(self) -> None:
        if not self.closed:
            self._seal(bytes(self._waiting), is_last=True)
        super().close()

    def _seal(self, octets: bytes, *, is_last: bool) -> None:
        self._file.write(self._key.encrypt(_nonce(self._number, is_last=is_last), octets, None))
        self._number += 1


class Unsealed(io.RawIOBase):
    """What was sealed, to be read and sought in. Raises CannotUnseal, also at any later read."""

    def __init__(self, file: IO[bytes], passphrase: str) -> None:
        header = file.read(HEADER)
        if header[: len(MAGIC)] != MAGIC or len(header) < HEADER:
            raise CannotUnseal("it does not begin as a sealed file does")
        self._file, self._key = file, _key(passphrase, header[len(MAGIC) :])
        sealed = file.seek(0, io.SEEK_END) - HEADER
        self._last, rest = divmod(sealed, CHUNK + TAG)
        if rest < TAG:
            raise CannotUnseal("it is cut short")
        self._size = sealed - (self._last + 1) * TAG
        self._place, self._number, self._chunk = 0, -1, b""
        self._open(0)
        self._open(self._last)  # who cut off its end is known before anything is read

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        place = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        if place < 0:
            raise OSError(22, "a place before the beginning")
        self._place = place
        return place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: Any, /) -> int:
        number, within = divmod(self._place, CHUNK)
        if number > self._last:
            return 0
        if number != self._number:
            self._open(number)
        view = memoryview(buffer).cast("B")
        found = self._chunk[within : within + len(view)]
        view[: len(found)] = found
        self._place += len(found)
        return len(found)

    def _open(self, number: int) -> None:
        self._file.seek(HEADER + number * (CHUNK + TAG))
        sealed = self._file.read(CHUNK + TAG)
        try:
            self._chunk = self._key.decrypt(_nonce(number, is_last=number == self._last), sealed, None)
        except InvalidTag:
            what = "it is damaged or cut short" if number else "the passphrase is wrong, or its beginning is damaged"
            raise CannotUnseal(what) from None
        self._number = number


def _key(passphrase: str, salt: bytes) -> AESGCM:
    return AESGCM(hashlib.scrypt(passphrase.encode(), salt=salt, dklen=32, **SCRYPT))


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])
