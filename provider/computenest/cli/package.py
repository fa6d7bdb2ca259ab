"""`computenest package`: delivery packages in registries, archives and folders; ours, and those of sealer itself."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from computenest.cli.documents import tell
from computenest.cloud.registry.client import open_registry
from computenest.cloud.registry.oci import parse_reference
from computenest.cloud.registry.sources import DockerLogin
from computenest.kernel.errors import Invalid
from computenest.resources._delivery import archives, reading, signing, verifying

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
Where = Annotated[
    str,
    typer.Argument(help="A reference (registry.example.com/pkg/shop:1.0.0), an archive, or an OCI layout's folder."),
]
_MIB = 1 << 20


async def _held(where: str) -> reading.Held:
    async with reading.opened_package(where) as opened:
        return await reading.held(opened, where=where)


@app.command()
def inspect(
    where: Where,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """What a package holds: charts, images, files, and how it is installed.

    Examples:

        computenest package inspect registry.example.com/pkg/shop:1.0.0

        computenest package inspect shop.tar --json
    """
    found = asyncio.run(_held(where))
    lines = [
        f"{found.name or where} {found.version}".rstrip(),
        f"  digest {found.digest}, {found.size_bytes / _MIB:.1f} MiB, {found.kind}",
        *(f"  {line}: {what}" for line, what in found.lines().items()),
        *(f"  installs {name}: {command or 'as sealer does by itself'}" for name, command in found.commands.items()),
    ]
    tell(asdict(found), lines, as_json=as_json, sort_keys=True, ensure_ascii=True)


@app.command()
def images(where: Where) -> None:
    """The container images of a package, with their digests.

    Examples:

        computenest package images shop.tar
    """
    for name, digest in asyncio.run(_held(where)).images.items():
        typer.echo(f"{name} {digest}".rstrip())


@app.command()
def diff(before: Where, after: Annotated[str, typer.Argument(help="The other package.")]) -> None:
    """What another package holds otherwise: `+` it alone, `-` the first alone, `~` both, differently.

    Examples:

        computenest package diff shop-1.0.tar registry.example.com/pkg/shop:1.1.0
    """
    old, new = asyncio.run(_held(before)).lines(), asyncio.run(_held(after)).lines()
    for line in sorted(old.keys() | new.keys()):
        if line not in new:
            typer.echo(f"- {line}: {old[line]}")
        elif line not in old:
            typer.echo(f"+ {line}: {new[line]}")
        elif old[line] != new[line]:
            typer.echo(f"~ {line}: {old[line]} => {new[line]}")


@app.command()
def extract(
    where: Where, folder: Annotated[Path, typer.Argument(help="Where to; made where it is not there.")]
) -> None:
    """Unpacks a package: application/, and registry/ as the distribution registry serves it.

    Examples:

        computenest package extract shop.tar unpacked
    """

    async def work() -> int:
        async with reading.opened_package(where) as opened:
            await reading.held(opened, where=where)
            return await reading.extracted(opened, folder)

    typer.echo(f"{asyncio.run(work())} files in {folder}")


@app.command()
def verify(
    where: Annotated[str, typer.Argument(help="A reference, as it is pulled.")],
    *,
    key: Annotated[Path, typer.Option(help="The public key (PEM) of whoever has to have signed it, as cosign.pub.")],
) -> None:
    """Whether a package in a registry is signed by a key, as `cosign verify --key` says it.

    Examples:

        computenest package verify registry.example.com/pkg/shop:1.0.0 --key shop.pub
    """
    public = signing.read_public_key(key)
    digest = asyncio.run(verifying.require_signed(where, public, key=str(key)))
    typer.echo(f"{where} ({digest}) is signed by {key}")


@app.command()
def save(
    where: Where,
    archive: Annotated[Path, typer.Argument(help="The file to write.")],
    *,
    since: Annotated[
        str, typer.Option(help="A package that is there already: the archive holds only what is new since then.")
    ] = "",
) -> None:
    """Writes a package as a file, for places without a network; the same bytes always.

    Examples:

        computenest package save registry.example.com/pkg/shop:1.1.0 shop.tar --since shop-1.0.tar
    """

    async def work() -> tuple[int, int]:
        async with reading.opened_package(where) as opened:
            found = await reading.held(opened, where=where)
            base, without = "", frozenset[str]()
            if since:
                async with reading.opened_package(since) as earlier:
                    base, without = earlier.tree.root.digest, frozenset(earlier.tree.blobs)
            size = await archives.write_archive(
                opened.tree, archive, version=found.version or "latest", since=base, without=without
            )
            return size, len(opened.tree.blobs.keys() - without)

    size, count = asyncio.run(work())
    typer.echo(f"{archive}: {count} blob{'s' * (count != 1)}, {size} bytes ({size / _MIB:.1f} MiB)")


@app.command()
def load(
    archive: Annotated[Path, typer.Argument(help="What `package save` wrote.")],
    target: Annotated[
        str, typer.Argument(help="`registry.example.com/pkg/shop[:tag]`; the login is `docker login`'s.")
    ],
) -> None:
    """Puts the package of an archive into a registry. An incremental one needs its base there.

    Examples:

        computenest package load shop.tar registry.site-a.example/pkg/shop
    """
    try:
        packed = archives.read_archive(archive)
    except Invalid as error:  # here nobody gave a property
        raise Invalid(
            error.summary, hint="give a file that `package save` wrote" if archive.is_dir() else error.hint
        ) from error
    has_tag = ":" in target.rpartition("/")[2]
    tag = "" if has_tag else packed.version
    if not has_tag and not tag:
        raise Invalid(f"{archive} tells no version", hint=f"name a tag: {target}:1.0.0")
    reference = parse_reference(target if has_tag else f"{target}:{tag}", path="")

    async def work() -> None:
        async with open_registry(reference.registry, DockerLogin(reference.registry)) as registry:
            await archives.load(packed, registry, reference.repository, reference.tag, show=lambda _: None)

    asyncio.run(work())
    typer.echo(f"{reference}@{packed.root.digest}")
