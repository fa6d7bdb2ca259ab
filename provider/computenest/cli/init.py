"""`computenest init`: a project of one's own, from nothing."""

from __future__ import annotations

import json
import re
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from computenest.cloud.endpoints import CONTROL_REGIONS
from computenest.kernel.errors import Invalid

STARTER = files("computenest.cli") / "starter"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,99}")
_EMBEDDED_IMAGE = "m-bp1gold0000000000001"  # of every embedded cloud (emulator/computenest_cloud/seed)
_COPIED = {
    "__main__.py": "__main__.py",
    "template.yaml": "template.yaml",
    "requirements.txt": "requirements.txt",
    "gitignore": ".gitignore",
}


class Cloud(StrEnum):
    """Where the stack is to be."""

    LOCAL = "local"
    ALIYUN = "aliyun"


def init(
    folder: Annotated[Path, typer.Argument(help="The new project's folder; nothing in it is overwritten.")] = Path(),
    name: Annotated[str, typer.Option(help="The project's name; default: the folder's.")] = "",
    stack: Annotated[str, typer.Option(help="The first stack's name.")] = "dev",
    cloud: Annotated[Cloud, typer.Option(help="The embedded cloud, or the real one.")] = Cloud.LOCAL,
    region: Annotated[str, typer.Option(help="Compute Nest's site, for aliyun.")] = CONTROL_REGIONS[0],
    image: Annotated[
        str, typer.Option(help="The image to distribute, for aliyun: one of your own in cn-hangzhou.")
    ] = "",
) -> None:
    """Writes a project: Pulumi.yaml, a program, a template with a marker, and the stack's configuration.

    Examples:

        computenest init shop && cd shop && computenest cloud start --time-scale 300

        pulumi login --local && pulumi stack init dev && pulumi up

        computenest init shop --cloud aliyun --image m-bp1…
    """
    if region not in CONTROL_REGIONS:
        raise Invalid(f"Compute Nest has no site in {region!r}", path="--region", hint=" or ".join(CONTROL_REGIONS))
    project = name or re.sub(r"[^A-Za-z0-9_.-]+", "-", folder.resolve().name).strip("-.") or "app"
    if not _NAME.fullmatch(project):
        raise Invalid(f"{project!r} is no name of a project", path="--name", hint="letters, digits, -, _ and . only")
    texts = {to: (STARTER / source).read_text(encoding="utf-8") for source, to in _COPIED.items()}
    texts["Pulumi.yaml"] = f"name: {project}\nruntime: python\n"
    texts[f"Pulumi.{stack}.yaml"] = _configuration(project, cloud, region, image)
    there = sorted(file for file in texts if (folder / file).exists())
    if there:
        raise Invalid(
            f"{', '.join(there)} exist{'s' * (len(there) == 1)} in {str(folder)!r}",
            path="FOLDER",
            hint="name a new folder",
        )
    _write(folder, texts)
    _say(folder, stack, cloud, needs_image=cloud is Cloud.ALIYUN and not image)


def _configuration(project: str, cloud: Cloud, region: str, image: str) -> str:
    values = {"computenest:cloud": cloud.value}
    if cloud is Cloud.ALIYUN:
        values["computenest:region"] = region
    if image or cloud is Cloud.LOCAL:
        values[f"{project}:image"] = image or _EMBEDDED_IMAGE
    return "config:\n" + "".join(f"  {key}: {json.dumps(value)}\n" for key, value in values.items())


def _write(folder: Path, texts: dict[str, str]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in texts.items():
            (folder / file).write_text(text, encoding="utf-8")
    except OSError as error:
        said = f"{str(error.filename or folder)!r} cannot be written: {error.strerror}"
        raise Invalid(said, path="FOLDER", hint="name a folder that you may write to") from error


def _say(folder: Path, stack: str, cloud: Cloud, *, needs_image: bool) -> None:
    typer.echo(f"wrote a project into {folder.resolve()}; next:\n")
    if folder.resolve() != Path.cwd():
        typer.echo(f"  cd {folder}")
    if cloud is Cloud.LOCAL:
        typer.echo("  computenest cloud start --time-scale 300   # five minutes of copying in a second")
    typer.echo("  pulumi login --local            # or where your states are kept")
    typer.echo(f"  pulumi stack init {stack}")
    if needs_image:
        typer.echo("  pulumi config set image m-…     # an image of your own, in cn-hangzhou")
    if cloud is Cloud.ALIYUN:
        typer.echo("  computenest doctor              # whose keys, which site, which permissions")
    typer.echo("  pulumi up")
