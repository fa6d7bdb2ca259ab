"""What a preview knows of a package that changes, handed over from the host to the program.

The engine answers a preview's update of a dynamic resource with its inputs alone, and the host's check, which makes
them, is not shown the state: only its diff is. So the diff leaves the images that stay in a file of this machine and
this user, and the program takes them while the same preview lasts. Where there is no such file nothing is lost but the
comfort: the images are unknown.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from computenest.kernel.identity import digest


def leave(owner_id: str, images: Mapping[str, str]) -> None:
    """Leaves the images that a package keeps through the change at hand.

    Args:
        owner_id: whose; the program finds it among the package's outputs, in a preview too.
        images: region -> image id.
    """
    folder = _folder()
    if folder is None:
        return
    with contextlib.suppress(OSError):
        file = folder / _name(owner_id)
        fresh = file.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps({"at": time.time(), "images": dict(images)}))
        fresh.replace(file)


def take(owner_id: str, *, since_s: float) -> Mapping[str, str]:
    """The images that were left since then (epoch seconds), {} where there are none."""
    folder = _folder()
    if folder is None:
        return {}
    try:
        found = json.loads((folder / _name(owner_id)).read_text())
        if found["at"] < since_s:
            return {}
        return {str(region): str(image) for region, image in found["images"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def drop(owner_id: str) -> None:
    """Takes away what was left for a change that is being made."""
    folder = _folder()
    if folder is not None:
        with contextlib.suppress(OSError):
            (folder / _name(owner_id)).unlink()


def _name(owner_id: str) -> str:
    """A state may name an owner in any characters, and of any length: what it says is never a path."""
    return digest(owner_id, length=32)


def _folder() -> Path | None:
    """A folder that nobody else can write to, None where there is none to be had."""
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"computenest-previews-{user}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        seen = folder.lstat()
    except OSError:
        return None
    is_ours = folder.is_dir() and not folder.is_symlink() and (not hasattr(os, "getuid") or seen.st_uid == user)
    return folder if is_ours else None
