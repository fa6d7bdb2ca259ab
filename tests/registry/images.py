"""Images and charts made on the spot: OCI layouts with layers of given sizes, deterministic by seed."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from unit.images import layouts
from written import write_chart


@dataclass(frozen=True)
class Layout:
    """An OCI layout with one image, tagged `latest` in its index."""

    path: Path
    digest: str
    layers: tuple[str, ...]

    @property
    def source(self) -> str:
        """As skopeo names it."""
        return f"oci:{self.path}:latest"


def layout(path: Path, *sizes: int, seed: int = 1, shared: int = 0) -> Layout:
    """Layers of the given sizes in bytes of random content; the first `shared` are the same for every seed."""
    made, plain = layouts.Layout(), []
    for index, size in enumerate(sizes):
        content = random.Random(f"{0 if index < shared else seed}/{index}").randbytes(size)
        plain.append(layouts.tar_of({f"file{index}": content}))
    named = layouts.named("latest")
    image = made.image(layers=plain, level=0, config={"config": {"Env": [f"SEED={seed}"]}}, **named)
    made.top(image)
    made.write(path)
    return Layout(path, image["digest"], tuple(layer["digest"] for layer in made.read(image)["layers"]))


MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: shop}\ndata: {replicas: '{{ .Values.replicas }}'}\n"


def chart(path: Path, name: str = "shop", version: str = "1.2.3") -> Path:
    """A chart's folder."""
    return write_chart(path / name, name, version, "replicas: 1\n", {"templates/map.yaml": MAP})
