"""`GET /console`: one page of HTML, read-only, without script; its templates escape every text.

Answers to the loopback interface's names only, and to who brings the handle's `console_token`: the address that
`computenest cloud status` prints has it, and it is exchanged for a cookie, so that it stands in no link of the page.
`?every=5` looks again every five seconds.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from computenest_cloud.admission import is_from_another_origin, is_same
from computenest_cloud.clock import format_time
from computenest_cloud.service import Service
from computenest_cloud.services import HERE as FOLDERS_PATH
from computenest_cloud.world import World

REFUSED = "The console opens by the address with a token that `computenest cloud status` prints."
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
GOOD = frozenset({"Available", "Online", "Deployed", "Approved", "Beta"})
BAD = ("Failed", "CreateFailed", "UpdateFailed", "DeliverFailed", "ScanFailed", "DeployedFailed", "Lost")
LOOK_AGAIN_S = 5
MEMBERS_SHOWN = 4
SECTION = "console.html"
"""The file in a service's folder that is its section of the page."""


@cache
def _templates() -> Environment:
    found = Environment(
        loader=FileSystemLoader((Path(__file__).with_name("templates"), FOLDERS_PATH)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals |= {"kind_of": _kind_of, "members_shown": MEMBERS_SHOWN, "look_again_s": LOOK_AGAIN_S}
    return found


def _kind_of(status: str) -> str:
    """How a status is coloured."""
    return "good" if status in GOOD else "bad" if status.startswith(BAD) else "busy"


def render(world: World, services: Mapping[str, Service], *, every_s: int = 0) -> str:
    """The page; `every_s` of 0 seconds: it does not look again by itself."""
    found = [f"{folder}/{SECTION}" for folder in services if (FOLDERS_PATH / folder / SECTION).exists()]
    shown = {name: rows for service in services.values() for name, rows in service.console().items()}
    page = _templates().get_template("page.html")
    return page.render(shown, sections=found, moment=format_time(world.now), every_s=every_s)


def _every_s(text: str) -> int:
    return min(max(int(text), 1), 3600) if text.isdecimal() and text.isascii() and len(text) < 6 else 0


def routes(world: World, services: Mapping[str, Service], token: str) -> list[Route]:
    async def console(request: Request) -> Response:
        cookie = f"computenest-console-{request.url.port}"  # cookies are one host's, whatever the port
        if is_from_another_origin(request):
            return HTMLResponse(REFUSED, 403)
        if is_same(request.query_params.get("token", ""), token):
            every = request.query_params.get("every", "")
            reply = RedirectResponse("/console" + (f"?every={_every_s(every)}" if every else ""), 303)
            reply.set_cookie(cookie, token, path="/console", httponly=True, samesite="lax")
            return reply
        if not is_same(request.cookies.get(cookie, ""), token):
            return HTMLResponse(REFUSED, 403)
        await world.settle()
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return HTMLResponse(
            render(world, services, every_s=_every_s(request.query_params.get("every", ""))), headers=headers
        )

    return [Route("/console", console, methods=["GET"])]
