"""One read-only page for a browser of this machine, at an address that nobody guesses."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable

from computenest.kernel.errors import Invalid

_HOST = "127.0.0.1"
_NAMES = (_HOST, "localhost")
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


async def serve_page(page: Callable[[], Awaitable[str]], *, port: int, opened: Callable[[str], None]) -> None:
    """Answers until it is cancelled.

    Args:
        page: makes the HTML, each time that somebody asks.
        port: on the loopback interface; 0 for any free one.
        opened: is told the address: whoever has it may look, and no one else, as other users of this machine reach the
            port, too.

    Raises:
        Invalid: the port is taken.
    """
    from aiohttp import web

    token = secrets.token_urlsafe(16)

    async def answer(request: web.Request) -> web.Response:
        given = request.match_info["token"].encode()
        if request.url.host not in _NAMES or not secrets.compare_digest(given, token.encode()):
            return web.Response(status=404, text="There is no such page.\n")
        return web.Response(text=await page(), content_type="text/html", headers=_HEADERS)

    app = web.Application()
    app.router.add_get("/{token}/", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, _HOST, port).start()
        except OSError as error:
            raise Invalid(
                f"port {port} cannot be used: {error.strerror}", path="--port", hint="leave it out"
            ) from error
        opened(f"http://{_HOST}:{runner.addresses[0][1]}/{token}/")
        await asyncio.Event().wait()
    finally:
        await runner.cleanup()
