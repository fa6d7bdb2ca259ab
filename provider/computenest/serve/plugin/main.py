"""`pulumi-resource-computenest`: the engine starts it with its own address, and reads the port that it prints.

It ends with the engine, wherever that is: after SIGKILL the engine cannot end its plugins, and one that lives on would
go on creating beside the next run. Every run can be resumed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys

import grpc.aio

from computenest.serve.plugin.protos import provider_pb2_grpc
from computenest.serve.plugin.servicer import Provider
from computenest.serve.plugin.status import EngineStatus

_ENGINE_LOOKS_S = 0.5
_ENGINE_MISSES = 2
_GRACE_S = 3.0
_OPTIONS = (("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1))


def main() -> None:
    """Serves until the engine ends this process, or itself."""
    logging.getLogger("grpc").setLevel(logging.CRITICAL)
    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    asyncio.run(serve(addresses[0] if addresses else ""))


async def serve(engine_address: str) -> None:
    """Serves the protocol on a port of its own, printed to standard output."""
    server = grpc.aio.server(options=_OPTIONS)
    provider = Provider(EngineStatus(engine_address), os.environ)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):  # how the engine ends its plugins, at the end of every run
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    asked = asyncio.ensure_future(ended.wait())
    orphaned = asyncio.ensure_future(_until_gone(engine_address)) if engine_address else None
    await asyncio.wait({asked, *([orphaned] if orphaned else [])}, return_when=asyncio.FIRST_COMPLETED)
    if orphaned is not None and orphaned.done():
        os._exit(1)
    await provider.stop(longest_s=_GRACE_S)
    os._exit(0)  # threads that still wait for the network hold nobody up: every run can be resumed


async def _until_gone(address: str) -> None:
    """Returns soon after nothing listens at `address` any more: a connection is held, and its end looked into."""
    host, _, port = address.rpartition(":")
    misses = 0
    while misses < _ENGINE_MISSES:
        try:
            reader, writer = await asyncio.open_connection(host, int(port))
        except OSError:
            misses += 1
        else:
            misses = 0
            with contextlib.suppress(OSError):
                while await reader.read(4096):
                    pass
                writer.close()
        await asyncio.sleep(_ENGINE_LOOKS_S)


if __name__ == "__main__":
    main()
