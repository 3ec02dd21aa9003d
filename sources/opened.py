"""Workbooks that Excel protects with its own default password: it opens them without asking, so nobody knows that they are encrypted.

That is what Excel makes of a workbook whose structure somebody protected, in .xls and, from some programs, in .xlsx. A password that a
person set is never guessed. Runs in reading workers; what decrypts is imported only where such a file comes.
"""

from __future__ import annotations

import io

_DEFAULT = "VelvetSweatshop"
_MOST = 32 * 2**20
_MOST_OF_XLS = 8 * 2**20
"""An .xls is decrypted byte by byte."""
_MOST_ROUNDS = 1_000_000
"""Of hashing the password, that the file asks for: some seconds. Excel asks for 100,000."""
_ZIP, _ENCRYPTED = b"PK\x03\x04", "EncryptedPackage".encode("utf-16-le")


def opened(data: bytes) -> bytes | None:
    """The workbook as it was before the default password; None where a person set one, or nothing can be told."""
    is_package = _ENCRYPTED in data
    if len(data) > (_MOST if is_package else _MOST_OF_XLS):
        return None
    import logging

    import msoffcrypto

    logging.getLogger("msoffcrypto").setLevel(logging.CRITICAL)
    try:
        file = msoffcrypto.OfficeFile(io.BytesIO(data))
        if is_package and int(file.info.get("spinValue", 0)) > _MOST_ROUNDS:
            return None
        file.load_key(password=_DEFAULT)
        made = io.BytesIO()
        file.decrypt(made)
    except Exception:  # another password; a container or a cipher that the library cannot make out: it has an error of its own for each
        return None
    plain = made.getvalue()
    return plain if plain != data and (not is_package or plain.startswith(_ZIP)) else None
