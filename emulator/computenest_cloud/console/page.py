"""`GET /console`: one page of HTML, read-only, without script; every text in it is escaped.

Answers to the loopback interface's names only, and to who brings the handle's `console_token`: the address that
`computenest cloud status` prints has it, and it is exchanged for a cookie, so that it stands in no link of the page.
`?every=5` looks again every five seconds.
"""

from collections.abc import Iterable, Mapping
from html import escape
from itertools import groupby

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from computenest_cloud.admission import is_from_another_origin, is_same
from computenest_cloud.clock import format_time
from computenest_cloud.console import rows
from computenest_cloud.console.style import STYLE
from computenest_cloud.world import World

REFUSED = "The console opens by the address with a token that `computenest cloud status` prints."
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
GOOD = frozenset({"Available", "Online", "Deployed", "Approved", "Beta"})
BAD = ("Failed", "CreateFailed", "UpdateFailed", "DeliverFailed", "ScanFailed", "DeployedFailed", "Lost")
LOOK_AGAIN_S = 5
MEMBERS_SHOWN = 4

Cell = str  # of HTML, escaped already


def _status(text: str, detail: str = "", percent: int | None = None) -> Cell:
    kind = "good" if text in GOOD else "bad" if text.startswith(BAD) else "busy"
    bar = "" if percent is None else f' {percent}%<br><progress max="100" value="{percent}"></progress>'
    more = f'<div class="detail">{escape(detail)}</div>' if detail else ""
    return f'<span class="status {kind}">{escape(text)}{bar}</span>{more}'


def _code(text: str) -> Cell:
    kind = ' class="path"' if "/" in text else ""
    return f"<code{kind}>{escape(text)}</code>" if text else "—"


def _word(text: str) -> Cell:
    """What is not to be broken: a region, an account."""
    return f'<span class="one">{escape(text)}</span>' if text else "—"


def _named(name: str, identity: str) -> Cell:
    return f'<strong dir="auto">{escape(name)}</strong><br>{_code(identity)}'


def _row(cells: Iterable[Cell], data: Mapping[str, str]) -> str:
    marks = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    return f"<tr{marks}>" + "".join(cell if cell.startswith("<t") else f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _table(name: str, head: tuple[str, ...], body: list[str], otherwise: str) -> str:
    if not body:
        return f'<p id="{name}" class="none">None. {otherwise}</p>'
    names = "".join(f'<th scope="col">{title}</th>' for title in head)
    return f'<div class="wide"><table id="{name}"><thead><tr>{names}</tr></thead>{"".join(body)}</table></div>'


def _package(group: list[rows.PackageRow]) -> str:
    """One version of a package: its name stands beside all of its regions."""
    first = group[0]
    head = f'<th scope="rowgroup" rowspan="{len(group)}">{_named(first.name, first.artifact_id)}</th>'
    kind = "" if first.kind == "EcsImage" else f"<br>{escape(first.kind)}"
    version = f'<td rowspan="{len(group)}">{escape(first.version)}{kind}</td>'
    lines = []
    for row in group:
        anchor = f' id="{escape(row.image_id)}"' if row.image_id else ""
        cells = (
            *((head, version) if row is first else ()),
            _word(row.region),
            _status(row.status, row.detail, row.percent),
            f"<td{anchor}>{_code(row.image_id)}</td>",
            _word(row.visibility),
        )
        data = {"package": row.name, "version": row.version, "region": row.region, "image": row.image_id}
        lines.append(_row(cells, data))
    return f"<tbody>{''.join(lines)}</tbody>"


def _packages(found: list[rows.PackageRow]) -> str:
    groups = groupby(found, lambda row: (row.artifact_id, row.version))
    body = [_package(list(group)) for _, group in groups]
    head = ("Package", "Version", "Region", "Status", "Image or object", "Who may launch it")
    return _table("packages", head, body, "CreateArtifact makes one.")


def _service(row: rows.ServiceRow) -> str:
    related = "".join(
        f'<li>{_code(marker)} → <span dir="auto">{escape(package)}</span> {escape(version)}</li>'
        for marker, package, version in row.associations
    )
    cells = (
        f'<th scope="row">{_named(row.name, row.service_id)}</th>',
        escape(row.version),
        _status(row.status, row.detail),
        escape(row.visibility),
        f"<ul>{related}</ul>" if related else "—",
    )
    data = {"service": row.service_id, "version": row.version, "status": row.status}
    return f"<tbody>{_row(cells, data)}</tbody>"


def _services(found: list[rows.ServiceRow]) -> str:
    head = ("Service", "Version", "Status", "Visibility", "Packages behind its markers")
    return _table("services", head, [_service(row) for row in found], "CreateService makes one.")


def _image(image_id: str, package: str) -> Cell:
    """A package's image leads to its row."""
    if not package:
        return _code(image_id)
    return f'<a href="#{escape(image_id)}">{_code(image_id)}</a> <span dir="auto">({escape(package)})</span>'


def _running(entry: rows.Running) -> Cell:
    more = len(entry.ids) - MEMBERS_SHOWN
    ids = " ".join(map(_code, entry.ids[:MEMBERS_SHOWN])) + (f" and {more} more" if more > 0 else "")
    name = f'<span dir="auto">{escape(entry.logical_id)}</span>'
    data = f'data-resource="{escape(entry.logical_id)}" data-image="{escape(entry.image_id)}"'
    return f"<li {data}>{name} runs {_image(entry.image_id, entry.package)}<br>{ids}</li>"


def _instance(row: rows.InstanceRow) -> str:
    entries = "".join(map(_running, row.resources))
    cells = (
        f'<th scope="row">{_named(row.name, row.instance_id)}</th>',
        _word(row.owner),
        _word(row.region),
        f'<span dir="auto">{escape(row.service)}</span>',
        _status(row.status, row.detail),
        f"<ul>{entries}</ul>" if entries else "—",
    )
    data = {"instance": row.instance_id, "region": row.region, "status": row.status}
    return f"<tbody>{_row(cells, data)}</tbody>"


def _instances(found: list[rows.InstanceRow]) -> str:
    head = ("Instance", "Account", "Region", "Service", "Status", "What it runs")
    return _table("instances", head, [_instance(row) for row in found], "CreateServiceInstance makes one.")


def _section(title: str, count: int, table: str) -> str:
    return f"<section><h2>{title} <small>{count}</small></h2>{table}</section>"


def render(world: World, *, every_s: int = 0) -> str:
    packages, services, running = list(rows.packages(world)), list(rows.offered(world)), list(rows.running(world))
    again = f'<meta http-equiv="refresh" content="{every_s}">' if every_s else ""
    link = (
        '<a href="?">stop</a>' if every_s else f'<a href="?every={LOOK_AGAIN_S}">look again every {LOOK_AGAIN_S} s</a>'
    )
    moment = format_time(world.now)
    clock = f'<p><time datetime="{moment}">{moment}</time> of its clock · {link}</p>'
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Embedded cloud</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{again}<style>{STYLE}</style></head>'
        f"<body><header><h1>Embedded cloud</h1>{clock}</header><main>"
        + _section("Deployment packages", len({row.artifact_id for row in packages}), _packages(packages))
        + _section("Services", len({row.service_id for row in services}), _services(services))
        + _section("Service instances", len(running), _instances(running))
        + "</main></body></html>"
    )


def _every_s(text: str) -> int:
    return min(max(int(text), 1), 3600) if text.isdecimal() and text.isascii() and len(text) < 6 else 0


def routes(world: World, token: str) -> list[Route]:
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
        world.catch_up()
        headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return HTMLResponse(render(world, every_s=_every_s(request.query_params.get("every", ""))), headers=headers)

    return [Route("/console", console, methods=["GET"])]
