"""`GET /console…`: pages of HTML, read-only, which follow the cloud by themselves; their templates escape every text.

Answers to the loopback interface's names only, and to who brings the handle's `console_token`: the address that
`computenest cloud status` prints has it, and it is exchanged for a cookie, so that it stands in no link of the page.
Each page has an address of its own (`/console/matrix?q=web&page=2`), and one script, which asks for the same address
again and takes over what has changed.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

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
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}'; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
GOOD = frozenset({"Available", "Online", "Deployed", "Approved", "Beta", "Executed"})
BAD = ("Failed", "CreateFailed", "UpdateFailed", "DeliverFailed", "ScanFailed", "DeployedFailed", "Lost", "Rejected")
MEMBERS_SHOWN = 4
PAGE_ROWS = 50
LONGEST_QUERY = 200
HERE = Path(__file__).with_name("templates")
PAGES = {
    "": "Now",
    "matrix": "Packages × regions",
    "distribution": "Distribution",
    "images": "Images",
    "reviews": "Reviews",
    "faults": "Faults",
    "calls": "Calls",
}
"""A page's name in its address, and its title. Its sections are `console.html` in a service's folder, of others
`console-NAME.html` there, and `NAME.html` of the console's own."""


@dataclass(frozen=True)
class Part:
    """Some rows of many."""

    rows: list[Any]
    total: int
    number: int

    @property
    def count(self) -> int:
        """How many parts there are."""
        return max(1, -(-self.total // PAGE_ROWS))

    @property
    def first(self) -> int:
        return (self.number - 1) * PAGE_ROWS + 1

    @property
    def last(self) -> int:
        return min(self.number * PAGE_ROWS, self.total)


@dataclass(frozen=True)
class View:
    """What of a page somebody wants to see: rows with a text, and which fifty of them."""

    query: str = ""
    number: int = 1

    @classmethod
    def of_request(cls, request: Request) -> "View":
        page = request.query_params.get("page", "")
        number = int(page) if page.isdecimal() and page.isascii() and len(page) < 6 else 1
        return cls(request.query_params.get("q", "")[:LONGEST_QUERY], max(number, 1))

    def of(self, given: Iterable[Any] | Callable[[], Iterable[Any]]) -> Part:
        """The part of the rows that is shown; a page after the last is the last.

        Rows that take a while are given as what makes them: a page asks once a second, and for its own only.
        """
        rows = list(given() if callable(given) else given)
        wanted = self.query.casefold()
        found = [row for row in rows if wanted in repr(row).casefold()] if wanted else rows
        number = min(self.number, max(1, -(-len(found) // PAGE_ROWS)))
        return Part(found[(number - 1) * PAGE_ROWS : number * PAGE_ROWS], len(found), number)

    def at(self, number: int) -> str:
        """The address of another part."""
        return "?" + urlencode({"q": self.query, "page": number} if self.query else {"page": number})


@cache
def _templates() -> Environment:
    found = Environment(
        loader=FileSystemLoader((HERE, FOLDERS_PATH)),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals |= {"kind_of": _kind_of, "members_shown": MEMBERS_SHOWN}
    return found


def _kind_of(status: str) -> str:
    """How a status is coloured."""
    return "good" if status in GOOD else "bad" if status.startswith(BAD) else "busy"


def render(
    world: World, services: Mapping[str, Service], *, name: str = "", view: View | None = None, nonce: str = ""
) -> str:
    """The page of a name of `PAGES`."""
    file = f"console-{name}.html" if name else "console.html"
    found = [f"{folder}/{file}" for folder in services if (FOLDERS_PATH / folder / file).exists()]
    found += [f"{name}.html"] if name and (HERE / f"{name}.html").exists() else []
    shown = {key: rows for service in services.values() for key, rows in service.console().items()}
    page = _templates().get_template("page.html")
    return page.render(
        shown | _of_the_console(world),
        sections=found,
        moment=format_time(world.now),
        pages=PAGES,
        here=name,
        title=f"{PAGES[name]} · " if name else "",
        view=view or View(),
        nonce=nonce,
    )


def _of_the_console(world: World) -> dict[str, Any]:
    """What belongs to no service."""
    return {
        "calls": lambda: [call | {"when": format_time(call["at"])} for call in reversed(world.calls.report()["last"])],
        "faults": world.faults.statistics(),
        "positions": world.rules.positions(),
    }


def routes(world: World, services: Mapping[str, Service], token: str) -> list[Route]:
    async def console(request: Request) -> Response:
        cookie = f"computenest-console-{request.url.port}"  # cookies are one host's, whatever the port
        name = request.path_params.get("name", "")
        if is_from_another_origin(request):
            return HTMLResponse(REFUSED, 403)
        if name not in PAGES:
            return HTMLResponse("There is no such page.", 404)
        if is_same(request.query_params.get("token", ""), token):
            rest = urlencode([(key, text) for key, text in request.query_params.multi_items() if key != "token"])
            reply = RedirectResponse("/console" + (f"/{name}" if name else "") + (f"?{rest}" if rest else ""), 303)
            reply.set_cookie(cookie, token, path="/console", httponly=True, samesite="lax")
            return reply
        if not is_same(request.cookies.get(cookie, ""), token):
            return HTMLResponse(REFUSED, 403)
        await world.settle()
        nonce = secrets.token_urlsafe(16)
        headers = {
            "Content-Security-Policy": POLICY.format(nonce=nonce),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        return HTMLResponse(
            render(world, services, name=name, view=View.of_request(request), nonce=nonce), headers=headers
        )

    return [Route(path, console, methods=["GET"]) for path in ("/console", "/console/{name}")]
