"""`computenest import-config`: from computenest-cli's configuration to a Pulumi program and an import list."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from computenest.cli.documents import print_json
from computenest.cli.pairs import pairs
from computenest.cloud.settings import parse_settings
from computenest.kernel.errors import Invalid
from computenest.kernel.names import AccountName, ArtifactId, OwnerId
from computenest.reconcile.retry import Retry, retrying
from computenest.resources._packages.adopt import adopted
from computenest.resources._packages.api import CloudArtifacts
from computenest.resources._packages.images_api import CloudImages
from computenest.resources._packages.packages import Packages
from computenest.resources._packages.state import IMAGES
from computenest.resources._packages.watch import ArtifactWatch, ImageReader
from computenest.resources._program.session import Session, open_session
from computenest.resources.service.api import CloudServices
from computenest.resources.service.template_store import CloudTemplates
from computenest.resources.service.use_cases import Services
from computenest.review.importing.configuration import CliConfiguration, parse_configuration
from computenest.review.importing.content import local_path
from computenest.review.importing.expression import Name
from computenest.review.importing.program import import_list, program_text
from computenest.review.importing.translate import Held, Translation, translate

_PROJECT = "name: {name}\nruntime: python\n"


def import_config(
    configuration: Annotated[Path, typer.Argument(help="The config.yaml of a computenest-cli project.")],
    output: Annotated[Path, typer.Option(help="The folder for the program; nothing in it is overwritten.")] = Path(),
    service_name: Annotated[str, typer.Option(help="As given to computenest-cli, where the file names none.")] = "",
    account: Annotated[str, typer.Option(help="The supplier's account, of computenest:accounts.")] = "",
    parameter: Annotated[list[str] | None, typer.Option(help="KEY=VALUE for ${KEY} in the configuration.")] = None,
    config: Annotated[list[str] | None, typer.Option(help="KEY=VALUE of the stack's configuration.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002 - typer
) -> None:
    """Writes a Pulumi program, and the list for `pulumi import --file`, for a service kept with computenest-cli.

    Examples:

        computenest import-config .computenest/config.yaml --output shop

        computenest import-config config.yaml --parameter Image=m-bp1gold --json
    """
    try:
        text = configuration.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        hint = "give the config.yaml of a computenest-cli project"
        raise Invalid(f"{str(configuration)!r} cannot be read: {why}", path="CONFIGURATION", hint=hint) from error
    parsed = parse_configuration(text, parameters=pairs(parameter or (), option="--parameter"))
    name = service_name or parsed.service.name
    if not name:
        hint = "say it: --service-name NAME"
        raise Invalid("the configuration gives the service no name", path="Service.ServiceInfo", hint=hint)
    settings = parse_settings(pairs(config or (), option="--config"), environ=os.environ)
    with contextlib.closing(open_session(settings, AccountName(account), announce=_announce)) as session:
        held, texts = asyncio.run(_look(session, parsed, name, account=AccountName(account)))
    files = _template_files(parsed, held, texts, beside=configuration.parent, output=output)
    found = translate(
        parsed,
        held,
        service_name=name,
        template_files={template: file.path for template, file in files.items()},
        template_texts={template: file.text for template, file in files.items()},
        content_files=_content_files(parsed, beside=configuration.parent, output=output),
    )
    _write(output, found, title=name, files=files)
    _print_found(found) if as_json else _say(found, output)


def _announce(line: str) -> None:
    typer.echo(line, err=True)


@dataclass(frozen=True, slots=True)
class _File:
    """A template's file: `path` as the program names it, and whether it is to be written."""

    path: str
    text: str
    is_new: bool = False


async def _look(
    session: Session, parsed: CliConfiguration, name: str, *, account: AccountName
) -> tuple[Held, dict[str, str]]:
    """What the cloud holds of the configuration, and the texts of the service's templates."""
    retry = Retry()
    artifacts = retrying(session.port(CloudArtifacts), retry=retry, clock=session.clock)
    reader = ImageReader(retrying(session.port(CloudImages), retry=retry, clock=session.clock), session.clock)
    packages = Packages(
        artifacts, reader, ArtifactWatch(artifacts, session.clock, 1.0), session.clock, _Silent(), _none, IMAGES
    )
    ids: dict[str, str] = {}
    inputs: dict[str, dict[str, Any]] = {}
    for artifact in parsed.artifacts:
        named = [a for a in await artifacts.find(name=artifact.name) if a.artifact_type in ("", artifact.kind)]
        if len(named) > 1:
            several = ", ".join(sorted(a.artifact_id for a in named))
            raise Invalid(f"several artifacts are named {artifact.name!r}: {several}", path=artifact.path)
        if not named:
            continue
        ids[artifact.key] = named[0].artifact_id
        if artifact.kind == "EcsImage":
            seen = await adopted(packages, ArtifactId(named[0].artifact_id), owner_id=OwnerId(""), account=account)
            if seen is not None:
                inputs[artifact.key] = seen.state.bag()
    templates = retrying(session.port(CloudTemplates), retry=retry, clock=session.clock)
    port = retrying(session.port(CloudServices), retry=retry, clock=session.clock)
    services = Services(port, templates, session.clock, _Silent(), _none, 1.0)
    found = sorted(await port.named(name=name))
    if len(found) > 1:
        raise Invalid(f"several services are named {name!r}: {', '.join(found)}", path="Service")
    made = await services.adopt(found[0], owner_id=OwnerId(""), account=account) if found else None
    texts: dict[str, str] = {}
    for template, entry in made.state.template_urls.items() if made is not None else ():
        text = await templates.get(url=entry.url)
        if text is not None:
            texts[template] = text
    state = made.state.bag() if made is not None else {}
    return Held(ids, inputs, found[0] if made is not None else "", state), texts


def _template_files(
    parsed: CliConfiguration, held: Held, texts: dict[str, str], *, beside: Path, output: Path
) -> dict[str, _File]:
    """Template name -> its file: the one beside the configuration, else a new one with the text from the cloud."""
    local = {t.name: beside / t.url for t in parsed.service.templates if "://" not in t.url}
    wanted = held.service["templates"] if held.service_id else {t.name: None for t in parsed.service.templates}
    files: dict[str, _File] = {}
    for number, name in enumerate(wanted):
        path = local.get(name)
        if path is not None and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            files[name] = _File(Path(os.path.relpath(path, output)).as_posix(), text)
        elif name in texts:
            ending = ".json" if texts[name].lstrip().startswith("{") else ".yaml"
            slug = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower() or f"template-{number + 1}"
            files[name] = _File(f"templates/{slug}{ending}", texts[name], is_new=True)
    return files


def _content_files(parsed: CliConfiguration, *, beside: Path, output: Path) -> dict[str, str]:
    """Key of an artifact -> its chart or file as the program names it. computenest-cli is run in the project, beside
    the folder of its configuration, or in that folder."""
    found = {}
    for artifact in parsed.artifacts:
        named = local_path(artifact.made_from)
        there = [folder / named for folder in (beside, beside.parent) if named and (folder / named).exists()]
        if there:
            found[artifact.key] = Path(os.path.relpath(there[0], output)).as_posix()
    return found


def _write(output: Path, found: Translation, *, title: str, files: dict[str, _File]) -> None:
    service = found.declarations[-1]
    exports = {
        "serviceId": Name(f"{service.variable}.service_id"),
        "version": Name(f"{service.variable}.service_version"),
    }
    project = re.sub(r"[^A-Za-z0-9._-]+", "-", title).strip("-.") or "service"
    texts = {
        "Pulumi.yaml": _PROJECT.format(name=project),
        "__main__.py": program_text(title, found.declarations, exports=exports),
        "import.json": import_list(found.declarations),
    }
    texts |= {file.path: file.text for file in files.values() if file.is_new}
    there = sorted(name for name in texts if (output / name).exists() and name != "Pulumi.yaml")
    if there:
        raise Invalid(f"{', '.join(there)} exist in {str(output)!r}", path="--output", hint="name another folder")
    for name, text in texts.items():
        path = output / name
        if name == "Pulumi.yaml" and path.exists():
            continue
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            said = f"{str(path)!r} cannot be written: {error.strerror}"
            raise Invalid(said, path="--output", hint="name another folder") from error


def _say(found: Translation, output: Path) -> None:
    for declared in found.declarations:
        state = declared.cloud_id or "not in the cloud yet"
        typer.echo(f"{declared.type_name}  {declared.name}  {state}")
    if found.untranslated:
        typer.echo("\nnot translated:")
        for item in found.untranslated:
            typer.echo(f"  {item.path}: {item.why}")
    where = "" if output == Path() else f"cd {output} && "
    typer.echo(f"\nnext: {where}pulumi stack init, the same configuration, then")
    typer.echo("  pulumi import --file import.json --generate-code=false --protect=false --yes")
    typer.echo("  pulumi preview")


def _print_found(found: Translation) -> None:
    """What is in the program (`id` null: not in the cloud yet), and what is not, with the reason."""
    declared = [{"type": one.type_name, "name": one.name, "id": one.cloud_id or None} for one in found.declarations]
    left_out = [{"path": one.path, "why": one.why} for one in found.untranslated]
    print_json({"declared": declared, "not_translated": left_out})


class _Silent:
    """Progress of looks that take no time."""

    def show(self, text: str) -> None:
        """Says nothing."""

    def warn(self, text: str) -> None:
        """Says nothing."""


@contextlib.asynccontextmanager
async def _none(owner_id: OwnerId) -> AsyncIterator[None]:
    """No lease: nothing is changed."""
    del owner_id
    yield
