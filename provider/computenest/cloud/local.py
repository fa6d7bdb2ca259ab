"""Starts, finds and stops the embedded cloud, always as a process of its own.

Nothing of the embedded cloud is imported: the provider must not be able to inherit its misunderstandings. One folder
holds what belongs to one cloud (handle, state, log, lock), so that every command and every stack below the same
project finds the same server, and two starters never start two.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from computenest.cloud.clock import pause
from computenest.cloud.control import Control, Handle, read_handle
from computenest.cloud.processes import LOOK_S, end, hold, is_alive, mentions, outliving, tail
from computenest.kernel.errors import ComputeNestError, Conflict, Permanent, Transient
from computenest.kernel.identity import digest

PREFERRED_PORT = 4780
"""Taken where nobody has it, so that addresses stay as they are from day to day."""

START_DEADLINE_S = 30.0
STOP_DEADLINE_S = 10.0
HANDLE_RETURNS_S = 2.0
_SERVER_MODULES = ("computenest_cloud", "starlette", "uvicorn")
_CLOUD = Path(".computenest") / "cloud"
_MARKERS = ("Pulumi.yaml", "pyproject.toml")


def cloud_folder(*, environ: Mapping[str, str], cwd: Path) -> Path:
    """The folder of the embedded cloud that belongs to `cwd`.

    `$COMPUTENEST_CLOUD_DIR`, or the nearest `.computenest/cloud` that is there already, in the project of `cwd`: it
    keeps its cloud, also for a program in one of its subfolders. Where there is none yet it belongs beside the nearest
    Pulumi.yaml or pyproject.toml at or above `cwd`, or into `cwd` itself.
    """
    chosen = environ.get("COMPUTENEST_CLOUD_DIR")
    if chosen:
        return Path(chosen).expanduser().absolute()
    here = cwd.absolute()
    kept = (folder / _CLOUD for folder in _project(here) if (folder / _CLOUD).is_dir())
    if (found := next(kept, None)) is not None:
        return found
    roots = (folder for folder in (here, *here.parents) if any((folder / name).is_file() for name in _MARKERS))
    return next(roots, here) / _CLOUD


def _project(here: Path) -> Iterator[Path]:
    """`here` and the folders above that may be of the same project: up to the repository's root, and none that many
    projects share, as the home folder and those that everybody may write to."""
    for folder in (here, *here.parents):
        if folder != here and (folder == Path.home() or _is_shared(folder)):
            return
        yield folder
        if (folder / ".git").exists():
            return


def _is_shared(folder: Path) -> bool:
    try:
        return folder == folder.parent or bool(folder.stat().st_mode & stat.S_IWOTH)
    except OSError:
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class StartOptions:
    """How to start the server; what is None is left to its defaults.

    Args:
        port: None takes the usual one, or any free one where somebody has it.
        state: its database; None keeps it in the cloud's folder.
        time_scale: how much faster than the world its time runs; 0 stands still until it is moved.
        seed: of everything that it decides by chance.
        faults: a file of fault rules.
        switches: `name=value` of facts that are unverified.
        hosts: names that it answers to besides the loopback interface's and the cloud's own.
        init: a folder of seed files, put in by name, once for each state.
    """

    port: int | None = None
    state: Path | None = None
    time_scale: float | None = None
    seed: int | None = None
    faults: Path | None = None
    switches: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    init: Path | None = None

    def as_json(self) -> dict[str, Any]:
        """The options as they are kept beside the handle; paths absolute, lists sorted."""
        values = {**asdict(self), "switches": sorted(self.switches), "hosts": sorted(self.hosts)}
        for name in ("state", "faults", "init"):
            values[name] = str(values[name].resolve()) if values[name] is not None else None
        return values


@dataclass(frozen=True, slots=True)
class LocalCloud:
    """The embedded cloud of one folder.

    Guarantees:
        1. At most one server at a time, however many processes start it at once.
        2. `stop` signals a process only after it answered as the server of this handle.
        3. After `start` returned, the server answers.
        4. The handle of a server that lives is kept, also where it does not answer: the keys and the token in it are
           the only way to that server.
    """

    folder: Path
    python: str = field(default=sys.executable)

    @property
    def handle_file(self) -> Path:
        return self.folder / "cloud.json"

    @property
    def log_file(self) -> Path:
        return self.folder / "server.log"

    def running(self) -> Handle | None:
        """The handle of the server that answers now, None where none does."""
        handle = read_handle(self.handle_file)
        if handle is None:
            return None
        try:
            status = Control(handle).get("status")
        except ComputeNestError:
            return None
        pid = status.get("pid", handle.pid) if isinstance(status, dict) else None
        return handle if pid == handle.pid else None

    def ensure_running(self, *, announce: Callable[[str], None] | None = None) -> Handle:
        """The running server's handle; starts one, as it was last started, where none runs, and announces that."""
        handle = self.running()
        if handle is not None:
            return handle
        handle, is_new = self._start(self._last_options())
        if is_new and announce is not None:
            announce(
                f"the embedded cloud was started at {handle.endpoint} ({speed(handle)}), its console is"
                f" {handle.console}, its state is kept in {self.folder}; `computenest cloud stop` ends"
                " it, and `computenest cloud start --time-scale 300` starts it again with time that passes faster"
            )
        return handle

    def start(self, options: StartOptions) -> tuple[Handle, bool]:
        """Starts the server unless it runs; the handle, and whether this call started it.

        Raises:
            Conflict: it runs, with other options.
            Permanent: it does not come up; the message ends with what it printed last. Or it lives and does not answer.
        """
        handle, is_new = self._start(options.as_json(), must_match=True)
        if options.seed is not None and handle.seed != options.seed:
            self.stop()  # a state keeps the seed that it was made with
            raise Conflict(
                f"the state {handle.state} was made with seed {handle.seed}, not {options.seed}",
                hint="give another file with --state, or leave --seed out",
            )
        return handle, is_new

    def stop(self) -> Handle | None:
        """Ends the server; its handle, or None where none ran. The state stays.

        Raises:
            Permanent: it lives, and does not answer or does not end; the message names its process.
        """
        with self._lock():
            handle = self.running()
            if handle is not None:
                if not end(handle.pid, within_s=STOP_DEADLINE_S):
                    raise self._does_not_end(handle)
            else:
                self.check_none_lives()
            self.handle_file.unlink(missing_ok=True)
            return handle

    def control(self) -> Control:
        """Control calls to the running server.

        Raises:
            Transient: none runs.
            Permanent: it lives and does not answer.
        """
        handle = self.running()
        if handle is None:
            self.check_none_lives()
            raise Transient("the embedded cloud does not run", hint="`computenest cloud start` starts it")
        return Control(handle)

    def _start(self, options: dict[str, Any], *, must_match: bool = False) -> tuple[Handle, bool]:
        with self._lock():
            handle = self.running()
            if handle is not None:
                if must_match:
                    self._check_same(handle, options)
                return handle, False
            self.check_none_lives()
            self.handle_file.unlink(missing_ok=True)
            self._options_file.write_text(json.dumps(options, sort_keys=True), encoding="utf-8")
            return self._launch(options)

    def check_none_lives(self) -> None:
        """Called where no server answers: the handle's may still live, stopped or too busy.

        Raises:
            Permanent: it does; its handle must stay.
        """
        handle = read_handle(self.handle_file)
        if (
            handle is None
            or not is_alive(handle.pid)
            or not mentions(handle.pid, "computenest_cloud", self.handle_file)
        ):
            return
        raise Permanent(
            f"the embedded cloud (process {handle.pid}) lives, but does not answer at {handle.endpoint}",
            hint=f"try again when it does; `kill -CONT {handle.pid}` wakes it where it was stopped, and"
            f" `kill -9 {handle.pid}` ends it (its state stays)",
        )

    @property
    def _options_file(self) -> Path:
        return self.folder / "options.json"

    def _last_options(self) -> dict[str, Any]:
        options = StartOptions().as_json()
        with contextlib.suppress(OSError, ValueError):
            kept = json.loads(self._options_file.read_text(encoding="utf-8"))
            if isinstance(kept, dict) and set(kept) <= set(options):  # fewer: an older version wrote it
                return options | kept
        return options

    def _check_same(self, handle: Handle, options: Mapping[str, Any]) -> None:
        """What was asked for must be what runs; what was not asked for may be anything."""
        last = self._last_options()
        actual = {**last, "port": handle.port, "time_scale": handle.time_scale, "seed": handle.seed}
        actual["state"] = str(Path(handle.state).resolve()) if handle.state else last["state"]
        other = [
            f"{name.replace('_', '-')} {actual[name]} instead of {wanted}"
            for name, wanted in options.items()
            if wanted not in (None, []) and actual[name] != wanted
        ]
        if other:
            raise Conflict(
                f"the embedded cloud runs already at {handle.endpoint}, with {', '.join(other)}",
                hint="`computenest cloud stop` ends it (its state stays), then start it again",
            )

    def _launch(self, options: Mapping[str, Any]) -> tuple[Handle, bool]:
        if any(find_spec(module) is None for module in _SERVER_MODULES):
            raise Permanent(
                "the embedded cloud is not installed with this provider",
                hint="`pip install 'pulumi-computenest[cloud]'` installs it",
            )
        state = options["state"] or str(self.folder / "state.sqlite")
        command = [self.python, "-m", "computenest_cloud", "serve", "--port", str(options["port"] or 0)]
        if options["port"] is None:
            command += ["--prefer-port", str(PREFERRED_PORT)]
        command += ["--state", state, "--handle", str(self.handle_file)]
        if options["time_scale"] == 0:
            command += ["--virtual"]
        elif options["time_scale"] is not None:
            command += ["--time-scale", str(options["time_scale"])]
        for name in ("seed", "faults", "init"):
            if options[name] is not None:
                command += [f"--{name}", str(options[name])]
        for name, values in (("switch", options["switches"]), ("host", options["hosts"])):
            command += [word for value in values for word in (f"--{name}", value)]
        process = outliving(command, log=self.log_file, cwd=self.folder)
        for _ in range(int(START_DEADLINE_S / LOOK_S)):
            handle = self.running()
            if handle is not None and handle.pid == process.pid:  # another one may write a deleted handle again
                _remember(self.folder)
                return handle, True
            if process.poll() is not None:
                return self._other(process.returncode), False
            pause(LOOK_S)
        process.terminate()
        raise Permanent(f"the embedded cloud did not answer within {START_DEADLINE_S:.0f} s", hint=tail(self.log_file))

    def _other(self, code: int) -> Handle:
        """The server that lives here although its handle was gone: it writes it again by itself, and while it holds the
        state another one ends at once.

        Raises:
            Permanent: there is none.
        """
        for _ in range(int(HANDLE_RETURNS_S / LOOK_S)):
            if (handle := self.running()) is not None:
                return handle
            pause(LOOK_S)
        raise Permanent(f"the embedded cloud ended at once with exit code {code}", hint=tail(self.log_file))

    def _does_not_end(self, handle: Handle) -> Permanent:
        return Permanent(
            f"the embedded cloud (process {handle.pid}) did not end within {STOP_DEADLINE_S:.0f} s",
            hint=f"`kill -9 {handle.pid}` ends it; its state stays",
        )

    def _lock(self) -> contextlib.AbstractContextManager[None]:
        """Held while starting or stopping."""
        return hold(self.folder, what="the embedded cloud", within_s=START_DEADLINE_S + STOP_DEADLINE_S)


def _remembered() -> Path:
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "computenest" / "clouds"


def _remember(folder: Path) -> None:
    """For `computenest cloud list`, which is a comfort: where nothing can be written, nothing is."""
    with contextlib.suppress(OSError, RuntimeError):
        _remembered().mkdir(parents=True, exist_ok=True)
        (_remembered() / digest(str(folder))).write_text(str(folder), encoding="utf-8")


def known_folders() -> Iterator[Path]:
    """The folders of embedded clouds that were started by this user; those that are gone are forgotten."""
    with contextlib.suppress(OSError, RuntimeError):
        for entry in sorted(_remembered().iterdir()):
            folder = Path(entry.read_text(encoding="utf-8"))
            if folder.is_dir():
                yield folder
            else:
                entry.unlink(missing_ok=True)


def speed(handle: Handle) -> str:
    """How fast its time passes, for people."""
    if handle.is_virtual:
        return "time moves by hand"
    return "in real time" if handle.time_scale == 1 else f"time ×{handle.time_scale:g}"
