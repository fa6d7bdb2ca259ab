"""`GET /console`: one page of HTML, read-only, without script; every text in it is escaped.

Answers on the loopback interface only, and to its names only: no web page can read it through a name of its own.
"""

from collections.abc import Iterable, Mapping
from html import escape

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from computenest_cloud.clock import format_time
from computenest_cloud.console import rows
from computenest_cloud.world import World

LOOPBACK = frozenset({"127.0.0.1", "::1"})
NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 78rem; padding: 0 1rem; color: #1d2733 }
h1 { font-size: 1.4rem } h2 { font-size: 1.1rem; margin-top: 2rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid #d9dee5 }
th { color: #5a6675; font-weight: 600 }
code { font: 12px ui-monospace, monospace } .detail { color: #a02020 }
.good { color: #15703a } .bad { color: #a02020 } .busy { color: #8a5a00 }
"""
GOOD = frozenset({"Available", "Online", "Deployed", "Approved", "Beta"})
BAD = ("Failed", "CreateFailed", "UpdateFailed", "DeliverFailed", "ScanFailed", "DeployedFailed", "Lost")

Cell = str  # of HTML, escaped already


def _status(text: str) -> Cell:
    kind = "good" if text in GOOD else "bad" if text.startswith(BAD) else "busy"
    return f'<span class="{kind}">{escape(text)}</span>'


def _code(text: str) -> Cell:
    return f"<code>{escape(text)}</code>" if text else "—"


def _lines(cells: Iterable[Cell]) -> Cell:
    return "<br>".join(cells) or "—"


def _row(cells: Iterable[Cell], data: Mapping[str, str]) -> str:
    marks = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    return f"<tr{marks}>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _table(name: str, head: tuple[str, ...], body: list[str]) -> str:
    if not body:
        return f'<p id="{name}">None.</p>'
    names = "".join(f'<th scope="col">{title}</th>' for title in head)
    return f'<table id="{name}"><thead><tr>{names}</tr></thead><tbody>{"".join(body)}</tbody></table>'


def _packages(world: World) -> str:
    body = [
        _row(
            (
                f"{escape(row.name)}<br>{_code(row.artifact_id)}",
                escape(row.version),
                escape(row.region),
                _status(row.status),
                _code(row.image_id),
                escape(row.visibility) or "—",
            ),
            {"package": row.name, "version": row.version, "region": row.region, "image": row.image_id},
        )
        for row in rows.packages(world)
    ]
    return _table("packages", ("Package", "Version", "Region", "Status", "Image", "Visibility"), body)


def _services(world: World) -> str:
    body = [
        _row(
            (
                f"{escape(row.name)}<br>{_code(row.service_id)}",
                escape(row.version),
                _status(row.status),
                escape(row.visibility),
                _lines(escape(association) for association in row.associations),
            ),
            {"service": row.service_id, "version": row.version, "status": row.status},
        )
        for row in rows.offered(world)
    ]
    return _table("services", ("Service", "Version", "Status", "Visibility", "Associations"), body)


def _instances(world: World) -> str:
    body = [
        _row(
            (
                f"{escape(row.name)}<br>{_code(row.instance_id)}",
                escape(row.owner),
                escape(row.region),
                escape(row.service),
                _status(row.status) + (f'<br><span class="detail">{escape(row.detail)}</span>' if row.detail else ""),
                _lines(f"{escape(name)} {_code(ids)} runs {_code(image)}" for name, ids, image in row.resources),
            ),
            {"instance": row.instance_id, "region": row.region, "status": row.status},
        )
        for row in rows.running(world)
    ]
    return _table("instances", ("Instance", "Account", "Region", "Service", "Status", "Runs"), body)


def render(world: World) -> str:
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Embedded cloud</title>'
        f'<meta name="viewport" content="width=device-width"><style>{STYLE}</style></head><body>'
        f"<h1>Embedded cloud</h1><p>{format_time(world.now)}</p>"
        f"<h2>Deployment packages</h2>{_packages(world)}"
        f"<h2>Services</h2>{_services(world)}"
        f"<h2>Service instances</h2>{_instances(world)}"
        "</body></html>"
    )


def routes(world: World) -> list[Route]:
    async def console(request: Request) -> HTMLResponse:
        host = request.headers.get("host", "").rpartition(":")[0] or request.headers.get("host", "")
        if request.client is None or request.client.host not in LOOPBACK or host not in NAMES:
            return HTMLResponse("The console answers on the loopback interface only.", 403)
        world.catch_up()
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return HTMLResponse(render(world), headers=headers)

    return [Route("/console", console, methods=["GET"])]
