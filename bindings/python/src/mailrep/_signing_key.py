"""Private keys that sign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from ._lend import Lender, choice, text, wrong_type
from ._lend import octets as as_octets
from ._library import raised
from ._message import buffer
from ._native import ffi, lib
from ._verdict import _Word

if TYPE_CHECKING:
    import os


class KeyKind(_Word):
    """What keys can be made.

    >>> from mailrep import KeyKind, SigningKey
    >>> print(*KeyKind)
    rsa-2048 rsa-3072 rsa-4096 ed25519
    >>> SigningKey.generate(KeyKind.ED25519).bits
    256
    """

    RSA_2048 = "rsa-2048"
    """RSA of 2048 bits, which everybody verifies and whose record fits anywhere."""
    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"
    """The most that every verifier accepts (RFC 8301 section 3.2)."""
    ED25519 = "ed25519"
    """RFC 8463, which not everybody verifies yet: sign with RSA beside it."""


_KINDS = {
    KeyKind.RSA_2048: lib.MAILREP_KEY_RSA_2048,
    KeyKind.RSA_3072: lib.MAILREP_KEY_RSA_3072,
    KeyKind.RSA_4096: lib.MAILREP_KEY_RSA_4096,
    KeyKind.ED25519: lib.MAILREP_KEY_ED25519,
}


class SigningKey:
    """A private key. It never changes, and any number of threads may use it; it is never shown and never pickled.

    >>> from mailrep import SigningKey
    >>> key = SigningKey.generate("ed25519")
    >>> key
    <mailrep.SigningKey ed25519-sha256, 256 bits>
    >>> key.record.startswith("v=DKIM1; k=ed25519; p=")
    True
    >>> key.zone_entry("example.org", "s2026").split()[:2]
    ['s2026._domainkey.example.org.', 'IN']

    It is made by `generate`, `read` or `parse`.
    """

    def __init__(self) -> None:
        raise TypeError("a SigningKey is made by SigningKey.generate, SigningKey.read or SigningKey.parse")

    _key: Any

    @classmethod
    def _of(cls, made: Any) -> SigningKey:
        key = cls.__new__(cls)
        key._key = ffi.gc(made[0], lib.mailrep_key_free)
        return key

    @classmethod
    def generate(cls, kind: KeyKind | str = KeyKind.RSA_2048) -> SigningKey:
        """Makes a key from the system's randomness; RSA takes from some 50 ms to seconds, while other threads run.

        Raises `InvalidError` for another kind, `SystemResourceError`.
        """
        code = _KINDS[choice("kind", KeyKind, kind)]
        made, fault = ffi.new("mailrep_key **"), ffi.new("mailrep_error **")
        raised(lib.mailrep_key_generate(code, made, fault), fault)
        return cls._of(made)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> SigningKey:
        """Reads a key file: PEM ("PRIVATE KEY" or "RSA PRIVATE KEY"), or the base64 that dkimpy writes for Ed25519.

        Raises `InputError`, and `InvalidError` if the file holds no key to sign with, which says what it holds instead.
        """
        lender, made, fault = Lender(), ffi.new("mailrep_key **"), ffi.new("mailrep_error **")
        raised(lib.mailrep_key_read(lender.path("path", path), made, fault), fault)
        return cls._of(made)

    @classmethod
    def parse(cls, octets: bytes | str) -> SigningKey:
        """Reads a key from what such a file holds."""
        view = buffer("octets", as_octets("octets", octets) if isinstance(octets, str) else octets)
        made, fault = ffi.new("mailrep_key **"), ffi.new("mailrep_error **")
        raised(lib.mailrep_key_parse(view, len(view), made, fault), fault)
        return cls._of(made)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Writes the key into a new file that its owner alone can read (mode 0600), in PEM.

        Raises `InvalidError` if the file is there already, which is not touched, and `InputError`.
        """
        lender, fault = Lender(), ffi.new("mailrep_error **")
        raised(lib.mailrep_key_write(self._key, lender.path("path", path), fault), fault)

    @property
    def record(self) -> str:
        """The record to publish (RFC 6376 section 3.6.1), such as "v=DKIM1; k=rsa; p=MIIB..."."""
        return text(lib.mailrep_key_record(self._key)) or ""

    @property
    def algorithm(self) -> str:
        """The algorithm of its signatures: "rsa-sha256" or "ed25519-sha256"."""
        return text(lib.mailrep_key_algorithm(self._key)) or ""

    @property
    def bits(self) -> int:
        """Bits of the RSA modulus; 256 for Ed25519."""
        return int(lib.mailrep_key_bits(self._key))

    @property
    def open_to_others(self) -> bool:
        """Whether every user of this host may read or write the file it was read from: tell the administrator."""
        return bool(lib.mailrep_key_open_to_others(self._key) == 1)

    def zone_entry(self, domain: str, selector: str) -> str:
        """The record to publish for a domain and selector, as a line for a zone file.

        Raises `InvalidError` for what is no domain or selector.
        """
        # The text lives as long as the signer.
        signer = made_signer(domain, selector, self)
        return text(lib.mailrep_signer_zone_entry(signer)) or ""

    def __repr__(self) -> str:
        return f"<mailrep.SigningKey {self.algorithm}, {self.bits} bits>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a private key is not copied or pickled; write it to a file")


def made_signer(domain: str, selector: str, key: SigningKey, fill: Any = None) -> Any:
    """The library's signer for one key; `fill` sets further options."""
    if not isinstance(key, SigningKey):
        raise wrong_type(f"the key of selector {selector!r}", "a SigningKey", key)
    lender = Lender()
    options = ffi.new("mailrep_signer_options *")
    lib.mailrep_signer_options_init(options, ffi.sizeof("mailrep_signer_options"))
    options.domain, options.selector = lender.string("domain", domain), lender.string("selector", selector)
    options.key = key._key
    if fill is not None:
        fill(options, lender)
    made, fault = ffi.new("mailrep_signer **"), ffi.new("mailrep_error **")
    raised(lib.mailrep_signer_new(options, made, fault), fault)
    return ffi.gc(made[0], lib.mailrep_signer_free)
