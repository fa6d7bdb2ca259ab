"""What a template says about images, as values.

`Position` is one literal that a property can take (or the reason why there is none), `Scan` everything one file
holds. Resources, the command line and the tests all speak in these; no template text is in them beyond the image
values themselves, so that they may be kept in a state file.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from computenest.kernel.errors import Invalid

MAX_TEMPLATE_BYTES = 524_288  # what ROS takes as a TemplateBody


class TemplateRefused(Invalid):
    """The bytes are no template that can be read. `line` (1-based) and the message say where and why; `is_foreign`
    means that they are legal YAML or JSON, only of something else."""

    def __init__(
        self, message: str, *, line: int | None = None, name: str = "template", is_foreign: bool = False
    ) -> None:
        where = name if line is None else f"{name}, line {line}"
        super().__init__(f"{where}: {message}", path="template")
        self.message = message
        self.line = line
        self.is_foreign = is_foreign


class MarkerRefused(Invalid):
    """Markers that cannot be associated or substituted; `problems` holds one sentence for each of them."""

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        super().__init__("; ".join(message for _, message in problems), path="packages")
        self.problems = problems


class Frozen(BaseModel):
    """What never changes once it is said."""

    model_config = ConfigDict(frozen=True)


class Note(Frozen):
    """Something a reader should know: a duplicate key, a section that is missing, a value that hides an image."""

    path: str
    line: int
    message: str


class Remark(Frozen):
    """Something wrong about a template that its positions do not show, by the name of lint's rule for it. `value` is
    the literal that it is about, where a package may cover that."""

    rule: str
    path: str
    line: int
    message: str
    value: str | None = None


class Placeholder(Frozen):
    """`{{ computenest::file::N }}` and its kin, as they stand in the text, spaces included."""

    text: str
    kind: str
    name: str | None
    line: int
    start: int
    end: int
    is_image: bool = False


class Position(Frozen):
    """One literal that an image property can take, or the reason why no literal can be given.

    1. `path` names the property, the same for each of its leaves; `leaf` tells those apart.
    2. `start` and `end` are byte offsets of the literal without quotes; both None where nothing can be edited.
    3. `value` is the decoded literal, None where there is none.
    4. `reason` says why it cannot be resolved or edited, or what to beware of.
    """

    path: str
    line: int
    start: int | None
    end: int | None
    form: str
    value: str | None
    resource_type: str
    reason: str | None = None
    default: str | None = None
    allowed_values: tuple[str, ...] = ()
    leaf: str = ""

    @property
    def is_editable(self) -> bool:
        """Whether a substitution can be made here."""
        return self.start is not None and self.end is not None

    @property
    def address(self) -> str:
        """`path`, and `@leaf` where the property has more than one leaf: what a marker may name."""
        return f"{self.path}@{self.leaf}" if self.leaf else self.path


class Scan(Frozen):
    """Everything one file says about images. `digest` ties it to the bytes that were read; `shared` has, by its first
    byte, each literal that aliases put into several places, with their paths. `resources` are the first and last line
    of each resource, where something pulls later; `regions` are those that a configuration names."""

    format: str
    positions: tuple[Position, ...]
    placeholders: tuple[Placeholder, ...]
    warnings: tuple[Note, ...]
    digest: str
    lookalikes: tuple[Position, ...] = ()
    mappings: tuple[ImageMapping, ...] = ()
    templates: tuple[TemplateUrl, ...] = ()
    relations: tuple[Relation, ...] = ()
    later_pulls: tuple[Note, ...] = ()
    remarks: tuple[Remark, ...] = ()
    shared: dict[int, tuple[str, ...]] = {}
    resources: tuple[tuple[int, int], ...] = ()
    regions: tuple[str, ...] = ()


class ImageMapping(Frozen):
    """A block of `Mappings` whose top keys are regions and whose leaves feed image positions: hand-written
    distribution, which a package replaces. `columns` are the second keys that the positions read. With
    `is_region_second` it is the other way round: `columns` are the first keys, below them stand the regions."""

    name: str
    first_line: int
    last_line: int
    regions: tuple[str, ...]
    columns: tuple[str, ...]
    paths: tuple[str, ...]
    is_region_second: bool = False


class TemplateUrl(Frozen):
    """Where a configuration says that one of its templates is: a file beside it, or an address."""

    url: str
    path: str
    line: int


class Relation(Frozen):
    """One entry of a configuration's `…ArtifactRelation`: the marker and the artifact that it stands for. `is_public`
    says that the artifact's repository is declared public, so that no key is needed to pull from it."""

    kind: str
    marker: str
    artifact: str
    path: str
    line: int
    is_public: bool = False
