"""Things of one's own out of files: all of a file or nothing of it, and the folder of files that a start names.

What an image, a product, an upload is, the control plane says: an entry of the part `images` is the body of its call
`POST images`, and so on. A folder's files are put in once for each state, in the order of their names.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import Field, ValidationError

from computenest_cloud.bodies import Body, findings, meant, place
from computenest_cloud.cloud import Cloud
from computenest_cloud.errors import ControlError, ServiceError
from computenest_cloud.faults import RULES
from computenest_cloud.rules import UnknownRuleError

LISTS = ("accounts", "products", "images", "registries", "uploads")
"""In this order: images belong to accounts."""
PARTS = (*LISTS, "switches", "faults")
ENDINGS = (".yaml", ".yml", ".json")
DONE = "init"  # the setting: file of a folder -> what it was when it was put in

Found = list[tuple[str, str]]
"""Where in a file something is wrong, and why, with the way out."""


class SeedError(Exception):
    """A file or folder that changes nothing, and everything that is wrong with it."""

    def __init__(self, file: Path, found: Found) -> None:
        self.file, self.found = file, found
        super().__init__("\n".join(f"{file}: {at}: {why}" if at else f"{file}: {why}" for at, why in found))


class AccountBody(Body):
    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,31}$", description="lower-case letters, digits and hyphens")
    uid: str = Field(default="", pattern=r"^([0-9]{16})?$", description="16 digits in quotes, or none")


class FileBody(Body):
    file: Path


class Seeding:
    """`folder`: of files for every new state."""

    def __init__(self, cloud: Cloud, folder: Path | None = None) -> None:
        self._cloud, self._folder = cloud, folder

    # --- control plane

    def new_account(self, body: Any) -> dict[str, Any]:
        """One more tenant. The same again is no fault: a reset keeps accounts."""
        wanted, accounts = AccountBody.of(body), self._cloud.store.accounts
        found = accounts.get(wanted.name)
        if found is None:
            other = next((account.name for account in accounts if account.uid == wanted.uid), "")
            if other:
                raise ControlError(409, f"{wanted.uid} is the number of {other}; give another, or none", at="uid")
            found = self._cloud.add_account(wanted.name, wanted.uid)
        elif wanted.uid not in {"", found.uid}:
            raise ControlError(409, f"{wanted.name} is there with the number {found.uid}; give that, or none", at="uid")
        return {"name": found.name, "uid": found.uid}

    def seed(self, body: Any) -> dict[str, Any]:
        """What is wrong with a file is an answer too: whoever asked shows it."""
        try:
            return {"made": self.put_in(FileBody.of(body).file), "refused": []}
        except SeedError as failure:
            return {"made": {}, "refused": [{"at": at, "why": why} for at, why in failure.found]}

    def told(self) -> dict[str, Any]:
        """The folder, which files this state has had of one, and which it would get at the next start."""
        done: Mapping[str, str] = self._cloud.store.setting(DONE, {})
        now = {file.name: _digest(file) for file in self._files()}
        states = {name: "done" if now.get(name, was) == was else "changed" for name, was in done.items()}
        states |= {name: "waiting" for name in now if name not in done}
        return {
            "folder": str(self._folder or ""),
            "files": [{"name": name, "state": state} for name, state in states.items()],
        }

    # --- the folder

    def begin(self) -> None:
        """Puts in what this state has not had yet. Raises `SeedError`: files before the bad one stay."""
        if self._folder is not None and not self._folder.is_dir():
            raise SeedError(self._folder, [("", "there is no such folder; make it, or start without --init")])
        for file in self._files():
            done = dict(self._cloud.store.setting(DONE, {}))
            if file.name not in done:
                digest = _digest(file)
                self.put_in(file)
                self._cloud.store.put_setting(DONE, {**done, file.name: digest})
                self._cloud.commit()

    def again(self, empty: Callable[[], None]) -> None:
        """The cloud is emptied, and gets what a new one gets."""
        self._cloud.store.put_setting(DONE, {})
        empty()
        try:
            self.begin()
        except SeedError as failure:
            raise ControlError(400, f"the cloud is empty, and not all of the folder is in it: {failure}") from failure

    def _files(self) -> Iterator[Path]:
        if self._folder is not None and self._folder.is_dir():
            for file in sorted(self._folder.iterdir(), key=lambda file: file.name):
                if file.suffix in ENDINGS and not file.name.startswith(".") and file.is_file():
                    yield file

    # --- one file

    def put_in(self, file: Path) -> dict[str, Any]:
        """What each entry made, by part; not committed yet. Raises `SeedError`: nothing has changed."""
        document = _document(file)
        made, found = dict[str, Any](), Found()
        for part in LISTS:
            for number, entry in enumerate(document.get(part) or ()):
                try:
                    made.setdefault(part, []).append(self._make(part, _located(entry, file.parent)))
                except ControlError as failure:
                    found += [(place(part, number, at), why) for at, why in failure.reasons]
                except (ServiceError, ValueError) as failure:
                    found.append((place(part, number), str(failure)))
        switches, faults = document.get("switches") or {}, document.get("faults")
        found += self._bad_switches(switches)
        rules = []
        try:
            rules = RULES.validate_python(faults or [])
        except ValidationError as failure:
            found += [(_below("faults", at), why) for at, why in findings(failure)]
        if found:
            self._cloud.roll_back()
            raise SeedError(file, found)
        if switches:
            self._cloud.world.rules.change(switches)
            made["switches"] = {key: self._cloud.world.rules.positions()[key] for key in switches}
        if faults is not None:
            self._cloud.world.faults.replace(rules)
            made["faults"] = self._cloud.world.faults.statistics()
        return made

    def _make(self, part: str, entry: Any) -> Any:
        if part == "accounts":
            return self.new_account(entry)
        calls = (service.control() for service in self._cloud.services.values())
        return next(table for table in calls if ("POST", part) in table)["POST", part](entry)

    def _bad_switches(self, switches: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        for key, value in switches.items():
            try:
                self._cloud.world.rules.check(key, value)
            except UnknownRuleError as failure:
                yield place("switches", key), str(failure)


def _document(file: Path) -> Mapping[str, Any]:
    try:
        found = yaml.safe_load(file.read_text("utf-8"))
    except OSError as failure:
        why = f"it cannot be read: {failure.strerror}; give the path of a YAML or JSON file"
        raise SeedError(file, [("", why)]) from failure
    except (yaml.YAMLError, ValueError, RecursionError) as failure:
        why = f"it is no YAML: {' '.join(str(failure).split())[:300]}; mend it there"
        raise SeedError(file, [("", why)]) from failure
    known = f"parts are {', '.join(sorted(PARTS))}"
    if not isinstance(found, dict | None):
        raise SeedError(file, [("", f"it holds what cannot be seeded: no map; {known}")])
    document: Mapping[str, Any] = found or {}
    odd = [str(part) for part in document if part not in PARTS]
    bad = [(part, f"it holds what cannot be seeded: {part}; {meant(part, list(PARTS))}") for part in odd]
    for part in document.keys() & set(PARTS):
        wanted = dict if part == "switches" else list
        if not isinstance(document[part], wanted | None):
            bad.append((part, f"a {'map' if wanted is dict else 'list'} is expected; see docs/embedded-cloud.md"))
    if bad:
        raise SeedError(file, sorted(bad))
    return document


def _below(part: str, at: str) -> str:
    return f"{part}{at}" if at.startswith("[") else place(part, at)


def _located(entry: Any, folder: Path) -> Any:
    """Paths of an entry begin at its file."""
    if isinstance(entry, dict) and isinstance(entry.get("path"), str):
        return {**entry, "path": str(folder / Path(entry["path"]).expanduser())}
    return entry


def _digest(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return ""  # reading it says why
