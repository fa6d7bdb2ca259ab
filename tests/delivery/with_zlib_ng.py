"""Builds a package in a process in which `zlib` is zlib-ng, and says how that compresses and what the digest is:
`with_zlib_ng.py WHEEL FOLDER CACHE`. Nothing may have imported zlib before."""

import hashlib
import sys

sys.path.insert(0, sys.argv[1])
from zlib_ng import zlib_ng  # type: ignore[import-not-found]

sys.modules["zlib"] = zlib_ng
from pathlib import Path  # noqa: E402

from delivery.packs import SAMPLE, digest_of, shop  # noqa: E402

told = (hashlib.sha256(zlib_ng.compress(SAMPLE)).hexdigest(), digest_of(shop(Path(sys.argv[2])), Path(sys.argv[3])))
sys.stdout.write("\n".join(told))
