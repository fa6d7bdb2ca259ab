"""What every interpreter of a test's engine runs begins with: it says what is known, and leaves work to a warm one.

The engine starts two interpreters in a run, which would take most of the run to import the SDK, and a third, pip, to
learn which packages bring plugins: half a second of processor. An environment of the tests is named after what is in
it and never changes (tools/installed), so pip's answer does not either. Everything else runs here as everywhere.
"""

from __future__ import annotations

import os
import sys

WORK = ("pulumi-language-python-exec", "pulumi-resource-computenest")
"""The scripts that a warm interpreter runs; beside them it runs the dynamic host."""
LIST = ["-m", "pip", "list", "-v", "--format", "json"]


def main(words: list[str], address: str) -> None:
    """Ends the process where there is nothing left to do."""
    if words == LIST:
        say_what_is_installed()
    elif address and (words[:2] == ["-m", "pulumi.dynamic"] or words[0].rpartition("/")[2] in WORK):
        os._exit(handed_over(words, address))


def say_what_is_installed() -> None:
    """What the environment's own pip said once; each interpreter that nobody has answered yet asks it itself."""
    from pathlib import Path  # noqa: PLC0415 - what hands work over needs little

    kept = Path(sys.prefix) / ".pip-list.json"
    if not kept.exists():
        import subprocess  # noqa: PLC0415 - once an environment

        others = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        asked = subprocess.run([sys.executable, *LIST], env=others, stdout=subprocess.PIPE, check=True)
        fresh = kept.with_suffix(f".{os.getpid()}")
        fresh.write_bytes(asked.stdout)
        fresh.replace(kept)
    os.write(1, kept.read_bytes())
    os._exit(0)


def handed_over(words: list[str], address: str) -> int:
    """The exit code of what the warm interpreter at `address` does with this process's files, folder and environment.

    This process is the one that the engine knows: it passes signals on, and what runs there ends when it ends.
    """
    import _signal  # noqa: PLC0415 - what the modules of these names would load costs as much as the rest
    import _socket  # noqa: PLC0415
    import array  # noqa: PLC0415
    import marshal  # noqa: PLC0415

    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    connection.connect(address)
    for number in (_signal.SIGTERM, _signal.SIGINT):
        _signal.signal(number, lambda number, _: connection.send(bytes([number])))
    files = array.array("i", [0, 1, 2])
    told = marshal.dumps((words, dict(os.environ), os.getcwd()))  # noqa: PTH109 - as above
    connection.sendmsg([told], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, files)])
    code = connection.recv(1)
    return code[0] if code else 1


if asked := [word for word in sys.orig_argv[1:] if word != "-u"]:
    main(asked, os.environ.pop("WARM_PYTHON", ""))
