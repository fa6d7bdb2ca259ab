"""What the engine runs of a test session share, so that each takes less of a processor: warm interpreters, and a keeper
of the stacks' keys, where the engine would derive one of a passphrase by a million rounds of a hash in every run."""

from __future__ import annotations

import atexit
import base64
import functools
import json
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from stack.installed import installed

INTERPRETER = Path(__file__).with_name("interpreter")
"""What goes before all that an interpreter of a run finds."""
ADDRESS = "WARM_PYTHON"
SETTINGS = "secretsprovider: hashivault://stories\nencryptedkey: c3Rvcmllcw==\n"
"""The lines of a stack's settings that name the keeper."""
_STARTING = threading.Lock()  # stacks of one test may run at once


def interpreter(lock: str) -> str:
    """The address of one that has the packages of a lock, which ends with the session."""
    with _STARTING:
        return _started(lock)


@functools.cache
def _started(lock: str) -> str:
    folder = tempfile.TemporaryDirectory(prefix="warm-")
    address, script = Path(folder.name) / "python", Path(folder.name) / "pulumi-language-python-exec"
    script.symlink_to(INTERPRETER / "warm.py")  # a program looks who runs it
    warm = subprocess.Popen(
        [installed(lock) / "python", script, address],
        env={},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert warm.stdin is not None
    assert warm.stdout is not None
    assert warm.stdout.readline(), "it listens"
    atexit.register(folder.cleanup)
    atexit.register(warm.stdin.close)
    return str(address)


@functools.cache
def keeper() -> dict[str, str]:
    """The environment that names a Vault which has one key."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Vault)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return {"VAULT_SERVER_URL": f"http://127.0.0.1:{server.server_port}", "VAULT_SERVER_TOKEN": "story"}


class _Vault(BaseHTTPRequestHandler):
    def do_PUT(self) -> None:
        """Decrypts the key of whatever stack."""
        self.rfile.read(int(self.headers["Content-Length"]))
        answer = json.dumps({"data": {"plaintext": base64.b64encode(b"k" * 32).decode()}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""
