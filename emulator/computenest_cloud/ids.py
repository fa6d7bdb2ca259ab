"""Every identifier the cloud hands out, as a function of the seed and of persisted counters.

Two runs with one seed and one order of calls give the same ids, so a failing run can be repeated exactly. Access keys
are the exception: they are secrets and come from the operating system.
"""

import hashlib
import secrets
import string

from computenest_cloud.store.database import Store
from computenest_cloud.store.records import Counter

BASE36 = string.digits + string.ascii_lowercase


def _base36(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, rest = divmod(number, 36)
        digits.append(BASE36[rest])
    return "".join(digits)


class Mint:
    def __init__(self, store: Store, *, seed: int) -> None:
        self._store = store
        self.seed = seed
        self._requests = 0

    def count(self, kind: str) -> int:
        """The next number of this kind, from 1."""
        counter = self._store.counters.get(kind)
        if counter is None:
            counter = self._store.counters.add(Counter(name=kind, value=0))
        counter.value += 1
        return counter.value

    def total(self, kind: str) -> int:
        counter = self._store.counters.get(kind)
        return 0 if counter is None else counter.value

    def number(self, *parts: object) -> int:
        """A large number that looks random and depends on the seed and the parts only."""
        text = "/".join(str(part) for part in (self.seed, *parts))
        return int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")

    def fraction(self, *parts: object) -> float:
        return (self.number(*parts) % 1_000_000) / 1_000_000

    def image_id(self, prefix: str) -> str:
        return f"m-{prefix}{_base36(self.number('image', self.count('image')), 17)}"

    def artifact_id(self) -> str:
        return f"artifact-{self.number('artifact', self.count('artifact')) % 16**20:020x}"

    def hex_id(self, kind: str) -> str:
        """`service-…`, `si-…`, `stack-…`: the kind and twenty hexadecimal digits."""
        return f"{kind}-{self.number(kind, self.count(kind)) % 16**20:020x}"

    def physical_id(self, prefix: str, *parts: object) -> str:
        """A resource's own id: a function of where it is declared, so that templates can refer to it beforehand."""
        return f"{prefix}{_base36(self.number('physical', *parts), 17)}"

    def request_id(self) -> str:
        """Not persisted: a number of this process's life is enough to tell requests apart in a log."""
        self._requests += 1
        text = f"{self.number('request', self.total('start'), self._requests) % 16**32:032X}"
        return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))

    def uid(self, name: str) -> str:
        return str(10**15 + self.number("uid", name) % (9 * 10**15))


def new_access_key_id(*, temporary: bool) -> str:
    head = "STS.NT" if temporary else "LTAI5t"
    return head + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(18))


def new_secret(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))
