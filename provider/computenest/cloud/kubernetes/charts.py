"""Charts on this machine: a folder or an archive, its name, and what in its templates makes a rendering unsure."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import os
import re
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from computenest.cloud.kubernetes.helm import Helm, HelmChart, HelmError, reads_cluster
from computenest.cloud.secret import Secret
from computenest.kernel.bounded_yaml import Unreadable, read_yaml
from computenest.kernel.errors import ComputeNestError, Invalid, Meaning, Transient

_MADE_UP = re.compile(rb"\b(rand[A-Z]\w*|gen[A-Z]\w*|now|uuidv4|htpasswd|bcrypt|shuffle|ago|date\w*)\b")
"""What a template may render otherwise by the next time, with the same values."""
_REVISION = re.compile(rb"\.Release\.Revision\b")
_DIGEST_CHARACTERS = 32
_MOST_BYTES = 64 << 20
_WORTH_COUNTING = 700_000
_ASKS_WHO = re.compile(r"status code 40[13]\b|\bunauthorized\b|\bdenied\b")
_HAS_NONE = re.compile(r": not found$|status code 404\b")
_SILENT = re.compile(
    r"connection refused|connection reset|no such host|network is unreachable|no route to host|i/o timeout|deadline"
    r" exceeded|Client\.Timeout|TLS handshake timeout|server misbehaving|\bEOF$|status code (?:429|5\d\d)\b"
)
"""What helm 3.18 to 4.3 say of a registry's answer (tests/kubernetes/test_charts_of_registries.py)."""


def local_chart(where: str | Path, *, path: str = "chart") -> HelmChart:
    """The chart in a folder, or in an archive (`web-1.0.0.tgz`).

    Args:
        where: of it.
        path: the property that names it, for messages.

    Raises:
        Invalid: there is none, or nobody can read it.
    """
    where = Path(where)
    files = dict(_files(where, path))
    if "Chart.yaml" not in files:
        raise Invalid(f"there is no chart in {where}: Chart.yaml is missing", path=path, hint="name the chart's folder")
    about = _about(files["Chart.yaml"], where, path)
    everything = [*files.items(), *_in_subcharts(files, where, path)]
    templates = [content for name, content in everything if "templates/" in name]
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\0{len(files[name])}\0".encode())
        digest.update(files[name])
    return HelmChart(
        where=where.absolute(),
        name=str(about.get("name", "")),
        version=str(about.get("version", "")),
        digest=digest.hexdigest()[:_DIGEST_CHARACTERS],
        makes_values_up=any(_MADE_UP.search(one) for one in templates),
        reads_cluster=any(reads_cluster(one) for _, one in everything),
        counts_revisions=any(_REVISION.search(one) for one in templates),
        stored_bytes=_stored_bytes(files),
    )


def _stored_bytes(files: Mapping[str, bytes]) -> int:
    """Helm keeps a chart whole in every revision: base64 of gzip of JSON, whose files are base64 (facts §11.6)."""
    if sum(map(len, files.values())) < _WORTH_COUNTING:
        return 0
    rules = files.get(".helmignore", b"").decode(errors="replace").splitlines()
    ignored = [rule.strip().strip("/") for rule in rules if rule.strip() and not rule.startswith(("#", "!"))]
    kept = [
        content
        for name, content in files.items()  # what is left out too readily is helm's to refuse
        if not any(fnmatch(part, rule) for rule in ignored for part in (name, *name.split("/")))
    ]
    packed = zlib.compress(b"".join(map(base64.b64encode, kept)))
    return len(packed) * 4 // 3


async def pulled_chart(
    reference: str, login: tuple[str, Secret] | None, *, path: str, login_path: str = ""
) -> HelmChart:
    """A chart of a registry, fetched to where this machine keeps such files.

    Args:
        reference: `registry.example.com/team/web:1.0.0`, with or without `oci://` before it.
        login: who pulls, and their password.
        path: the property that names it, for messages.
        login_path: the property that the password stands at, "" for a temporary key, which no program gives.

    Raises:
        Invalid: the registry has no such chart, or refuses who asks; `path` is the property at fault, the login's where
            the registry refuses that.
        Transient: it does not answer.
    """
    kept = _kept_folder()
    with tempfile.TemporaryDirectory(dir=kept) as folder:
        try:
            await Helm(Secret("")).pull(reference, login, Path(folder))
        except HelmError as error:
            raise _not_pulled(reference, login[0] if login else "", error.summary, path, login_path) from None
        return await asyncio.to_thread(lambda: chart_of_bytes(_only_file(Path(folder)), path=path))


def _not_pulled(reference: str, username: str, said: str, path: str, login_path: str) -> ComputeNestError:
    host = reference.removeprefix("oci://").partition("/")[0]
    if _ASKS_WHO.search(said) and username and not login_path:
        return Invalid(
            f"the registry {host} does not let a temporary key of this account pull the chart {reference}: {said}",
            path=path,
            hint="is it a package of this account, or of another one that `account` names?",
        )
    if _ASKS_WHO.search(said) and username:
        return Invalid(
            f"the registry {host} does not let {username!r} pull the chart {reference}: {said}",
            path=login_path,
            hint="give the password as it is now (temporary ones expire), of a user who may pull from there;"
            " another password alone changes nothing that is deployed",
        )
    if _ASKS_WHO.search(said):
        return Invalid(
            f"the registry {host} does not let everybody pull the chart {reference}: {said}",
            path=path,
            hint=f"give the chart `username` and `password`, or run `helm registry login {host}` on this machine",
        )
    if _HAS_NONE.search(said):
        return Invalid(
            f"the registry {host} has no chart {reference}", path=path, hint="push it, or name a version that is there"
        )
    if _SILENT.search(said):
        return Transient(
            f"the registry {host} does not answer for the chart {reference}: {said}",
            hint="is the reference right, and does this machine reach the registry?",
            meaning=Meaning.UNREACHABLE,
            root=f"the registry {host} does not answer",
        )
    return Invalid(f"the chart {reference} cannot be pulled: {said}", path=path, hint="is the reference right?")


def chart_of_bytes(archive: bytes, *, path: str) -> HelmChart:
    """A chart's archive, kept on this machine under a name that says what it holds.

    Args:
        archive: a `.tgz`.
        path: the property that it comes from, for messages.

    Raises:
        Invalid: nobody can read it.
    """
    kept = _kept_folder()
    target = kept / f"{hashlib.sha256(archive).hexdigest()}.tgz"
    if not target.exists():
        with tempfile.NamedTemporaryFile(dir=kept, delete=False) as file:
            file.write(archive)
        Path(file.name).replace(target)
    return local_chart(target, path=path)


def _only_file(folder: Path) -> bytes:
    (archive,) = folder.glob("*.tgz")
    return archive.read_bytes()


def _kept_folder() -> Path:
    """Where this user's machine keeps what the project fetches (tools/env has the same)."""
    named = os.environ.get("COMPUTENEST_CACHE")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pulumi-computenest"
    kept = (Path(named) if named else cache) / "charts"
    kept.mkdir(parents=True, exist_ok=True)
    return kept


def _about(content: bytes, where: Path, path: str) -> dict[str, Any]:
    try:
        found = read_yaml(content, flavor="go")
    except Unreadable as error:
        raise Invalid(f"Chart.yaml of the chart in {where} is no YAML: {error}", path=path) from None
    if not isinstance(found, dict) or not found.get("name") or not found.get("version"):
        raise Invalid(f"Chart.yaml of the chart in {where} has no name or no version", path=path)
    return found


def _files(where: Path, path: str) -> Iterator[tuple[str, bytes]]:
    try:
        if where.is_dir():
            if not (where / "Chart.yaml").is_file():
                return  # `/` is a folder too
            for file in sorted(_below(where)):
                yield file.relative_to(where).as_posix(), file.read_bytes()
            return
        with tarfile.open(where) as archive:
            yield from _members(archive, where, path)
    except (OSError, tarfile.TarError, EOFError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it is no archive"
        raise Invalid(
            f"the chart {where} cannot be read: {why}", path=path, hint="name its folder or its .tgz"
        ) from None


def _below(folder: Path) -> Iterator[Path]:
    """Every file, behind links to folders too, as helm walks them."""
    for below, folders, names in os.walk(folder, followlinks=True):
        here = Path(below).resolve()
        folders[:] = [one for one in folders if not here.is_relative_to((Path(below) / one).resolve())]  # no circle
        yield from (file for name in names if (file := Path(below) / name).is_file())


def _members(archive: tarfile.TarFile, where: Path, path: str) -> Iterator[tuple[str, bytes]]:
    read = 0
    for member in archive:
        read += member.size
        if read > _MOST_BYTES:
            raise Invalid(f"the chart {where} holds more than {_MOST_BYTES >> 20} MiB", path=path)
        content = archive.extractfile(member) if member.isfile() else None
        if content is not None:
            yield member.name.partition("/")[2], content.read()


def _in_subcharts(files: Mapping[str, bytes], where: Path, path: str) -> Iterator[tuple[str, bytes]]:
    """What is in the archives in `charts/`, at any depth; one that cannot be read helm refuses."""
    for name, packed in files.items():
        if "charts/" not in name or not name.endswith((".tgz", ".tar.gz")):
            continue
        try:
            with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
                found = dict(_members(archive, where, path))
        except (tarfile.TarError, OSError, EOFError):
            continue
        yield from found.items()
        yield from _in_subcharts(found, where, path)
