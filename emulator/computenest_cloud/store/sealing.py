"""What the state file must not hold in clear: parameters of stacks and instances, which a template may call NoEcho.

They are sealed whole, because which of them are secret only the template tells. The key lies beside the state file,
readable by its owner only, so that the file can be shown, copied and sent in a report without them. It protects
nothing from who may read the folder.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

MARK = "\0sealed"


class SealedStateError(Exception):
    """The key that a state file's parameters were sealed with is not there, or another one is."""


class Seal:
    def __init__(self, state: Path) -> None:
        self._path = state.with_name(f"{state.name}.key")
        self._fernet: Fernet | None = None

    def _key(self) -> Fernet:
        if self._fernet is None:
            try:
                key = self._path.read_bytes()
            except FileNotFoundError:
                key = Fernet.generate_key()
                with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                    file.write(key)
            try:
                self._fernet = Fernet(key)
            except ValueError as error:
                raise SealedStateError(f"{self._path} is not the key of a state file") from error
        return self._fernet

    def close(self, doc: dict[str, Any], sealed: frozenset[str]) -> dict[str, Any]:
        """The document as it is written."""
        held = {name: value for name, value in doc.items() if name in sealed and value}
        return doc | {
            name: {MARK: self._key().encrypt(json.dumps(value).encode()).decode()} for name, value in held.items()
        }

    def open(self, doc: dict[str, Any], sealed: frozenset[str]) -> dict[str, Any]:
        """The document as it was; one that an older version wrote in clear too."""
        return doc | {name: self._opened(doc[name]) for name in sealed & doc.keys()}

    def _opened(self, value: Any) -> Any:
        if not isinstance(value, Mapping) or set(value) != {MARK}:
            return value
        try:
            return json.loads(self._key().decrypt(str(value[MARK]).encode()))
        except InvalidToken as error:
            raise SealedStateError(
                f"the state file's parameters cannot be read without the key that they were sealed with, {self._path}"
            ) from error
