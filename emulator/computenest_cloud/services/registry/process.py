"""The registry's own process: started when a client first needs it, ended with the cloud, whatever ends that.

It reads its standard input and ends with it (tools/registry/server), so nothing of it outlives this process.
fact: cr-001
"""

import asyncio
import contextlib
import os
import shutil
from pathlib import Path
from typing import IO

import yaml

from computenest_cloud.doors import Door, Doors
from computenest_cloud.ids import new_secret
from computenest_cloud.networks import ANYWHERE
from computenest_cloud.services.oss.seam import BUCKET, Uploads
from computenest_cloud.services.registry.records import RegistryInstance
from computenest_cloud.services.registry.tokens import ISSUER, Tokens
from computenest_cloud.store.records import Session

PROGRAM = "computenest-registry"
TOOL = Path(__file__).parents[4] / "tools" / "registry" / "build"
CHUNK_BYTES = 16 << 20
START_S = 60.0


class CannotStartError(Exception):
    """Why there is no registry: the message is for whoever runs the cloud."""


async def find_program() -> str:
    """COMPUTENEST_REGISTRY, the PATH, or what tools/registry/build makes of Debian's sources."""
    found = os.environ.get("COMPUTENEST_REGISTRY") or shutil.which(PROGRAM)
    if found:
        return found
    if not TOOL.exists():
        raise CannotStartError(f"{PROGRAM} is not on the PATH; name it by COMPUTENEST_REGISTRY")
    build = await asyncio.create_subprocess_exec(TOOL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    out, err = await build.communicate()
    if build.returncode:
        raise CannotStartError(f"{TOOL.name} failed: {err.decode(errors='replace').strip()[-2000:]}")
    return str(Path(out.decode().strip()) / PROGRAM)


class Backend:
    """One running registry and the key that it reads its bucket with."""

    def __init__(self, address: str, session: Session, stdin: IO[bytes] | asyncio.StreamWriter, pid: int) -> None:
        self.address = address
        self.session = session
        self._stdin = stdin
        self.pid = pid

    def end(self) -> None:
        with contextlib.suppress(OSError, RuntimeError):
            self._stdin.close()


class Processes:
    def __init__(self, uploads: Uploads, doors: Doors, tokens: Tokens, folder: Path) -> None:
        self._uploads = uploads
        self._doors = doors
        self._tokens = tokens
        self._folder = folder
        self._running: dict[str, asyncio.Task[Backend]] = {}

    async def backend(self, instance: RegistryInstance) -> Backend:
        """Starts it the first time; everybody who asks meanwhile waits for the same start."""
        task = self._running.get(instance.instance_id)
        if task is None or (task.done() and task.exception() is not None):
            task = asyncio.get_running_loop().create_task(self._start(instance))
            self._running[instance.instance_id] = task
        return await asyncio.shield(task)

    def end(self) -> None:
        for task in self._running.values():
            if task.done() and not task.cancelled() and task.exception() is None:
                task.result().end()
            else:
                task.cancel()
        self._running.clear()

    def _session(self, instance: RegistryInstance) -> Session:
        return self._uploads.service_key(f"{instance.bucket}/*")

    def _configuration(self, instance: RegistryInstance, session: Session, folder: Path) -> Path:
        port = self._doors.open(ANYWHERE, 0, Door(BUCKET, instance.bucket))
        certificate = folder / "tokens.pem"
        certificate.write_bytes(self._tokens.certificate)
        storage = {
            "accesskeyid": session.access_key_id,
            "accesskeysecret": session.access_key_secret,
            "region": f"oss-{instance.region}",
            "bucket": instance.bucket,
            "endpoint": f"{ANYWHERE}:{port}",
            "secure": False,
            "chunksize": CHUNK_BYTES,
        }
        content = {
            "version": 0.1,
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {
                "oss": storage,
                "delete": {"enabled": True},
                "maintenance": {"uploadpurging": {"enabled": False}},
            },
            "http": {"addr": f"{ANYWHERE}:0", "secret": new_secret(32), "relativeurls": True},
            "auth": {
                "token": {
                    "realm": f"http://{ANYWHERE}:{instance.port}/auth",
                    "service": instance.instance_id,
                    "issuer": ISSUER,
                    "rootcertbundle": str(certificate),
                }
            },
        }
        path = folder / "config.yml"
        path.touch(mode=0o600)  # it holds the key of the bucket
        path.write_text(yaml.safe_dump(content), "utf-8")
        return path

    async def _start(self, instance: RegistryInstance) -> Backend:
        program = await find_program()
        folder = self._folder / instance.instance_id
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        session = self._session(instance)
        config = self._configuration(instance, session, folder)
        with (folder / "registry.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                program,
                str(config),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        if process.stdin is None or process.stdout is None:
            raise CannotStartError("the registry has no standard input or output")
        try:
            line = await asyncio.wait_for(process.stdout.readline(), START_S)
        except TimeoutError:
            line = b""
        if not line:
            process.stdin.close()
            raise CannotStartError(f"the registry did not start: see {folder / 'registry.log'}")
        return Backend(line.decode().strip(), session, process.stdin, process.pid)
