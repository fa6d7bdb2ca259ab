"""The types of content by the kind of their artifacts, for tests that go through all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from computenest.resources._packages import content_diff as differences
from computenest.resources._packages.content_declaration import Content
from computenest.resources._packages.content_model import Kind
from computenest.resources._packages.content_ports import ContentStore
from computenest.resources._program.session import Session
from computenest.resources.container_image_package import lifecycle as images
from computenest.resources.container_image_package.declaration import CONTENT as IMAGE
from computenest.resources.file_package import lifecycle as files
from computenest.resources.file_package.declaration import CONTENT as FILE
from computenest.resources.helm_chart_package import lifecycle as charts
from computenest.resources.helm_chart_package.declaration import CONTENT as CHART
from unit.bags import diff_of, preview_of

CONTENTS: Mapping[Kind, Content] = {one.kind: one for one in (IMAGE, CHART, FILE)}
LIFECYCLES: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.IMAGE: images.LIFECYCLE,
    Kind.CHART: charts.LIFECYCLE,
    Kind.FILE: files.LIFECYCLE,
}
STORES: Mapping[Kind, Callable[[Session], ContentStore]] = {
    Kind.IMAGE: images.store_of,
    Kind.CHART: charts.store_of,
    Kind.FILE: files.store_of,
}
CONTENT_DIFFS = {kind: diff_of(one.models, partial(differences.diff, one)) for kind, one in CONTENTS.items()}
"""On property bags."""
CONTENT_PREVIEWS = {kind: preview_of(one.models, partial(differences.preview, one)) for kind, one in CONTENTS.items()}
"""The same."""
