"""An interpreter that has imported what every engine run imports, and forks for each: `python warm.py ADDRESS`.

It ends with its standard input. See sitecustomize.py, which asks it.
"""

from __future__ import annotations

import contextlib
import gc
import io
import marshal
import os
import runpy
import select
import socket
import sys
import threading
from pathlib import Path

import pulumi.dynamic  # noqa: F401 - nothing of these four is called before a run has its environment

import computenest.serve.dynamic.host
import computenest.serve.plugin.main  # noqa: F401
import pulumi_computenest  # noqa: F401


def serve(address: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
        listener.bind(address)
        listener.listen(64)
        os.write(1, b"listening\n")
        gc.freeze()
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            connection, _ = listener.accept()
            if not os.fork():
                listener.close()
                os._exit(run(connection))
            connection.close()
            reap()
        reap()


def reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def run(connection: socket.socket) -> int:
    """Does in this process what another was started for; the exit code."""
    told, files, *_ = socket.recv_fds(connection, 1 << 20, 3)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w"), write_through=True)  # as by `-u`
    words, environment, folder = marshal.loads(told)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    threading.Thread(target=obey, args=[connection], daemon=True).start()
    code = 1
    try:
        if words[0] == "-m":
            sys.argv, sys.path[0] = words[1:], folder
            runpy.run_module(words[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv, sys.path[0] = words, str(Path(words[0]).parent)
            runpy.run_path(words[0], run_name="__main__")
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - whatever it is, it ends as it would have ended alone
        sys.excepthook(*sys.exc_info())  # which the SDK may have replaced
    sys.stderr.flush()
    connection.send(bytes([code]))
    return code


def obey(connection: socket.socket) -> None:
    """Signals come from the process that the engine knows; the work ends with it."""
    while number := connection.recv(1):
        os.kill(os.getpid(), number[0])
    os._exit(1)


if __name__ == "__main__":
    serve(sys.argv[1])
