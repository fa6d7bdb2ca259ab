"""From Terraform's files to the folders that they make: which file is what, and in which order they count.

Source: Terraform's documentation, "Files and Directories" and "Variable Definition Precedence": of tfvars only
`terraform.tfvars`, `terraform.tfvars.json` and then `*.auto.tfvars[.json]` by name are loaded by themselves.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from computenest.templates.hcl import Block, parse_hcl
from computenest.templates.json_reader import read_json
from computenest.templates.nodes import MappingNode
from computenest.templates.source import Source
from computenest.templates.table import TERRAFORM_CARRIERS, TERRAFORM_LOOKALIKES, TERRAFORM_TEMPLATES
from computenest.templates.terraform_folder import Folder, TreeValue, Value, is_override

Parsed = Block | MappingNode
SUFFIXES = (".tf", ".tf.json", ".tfvars", ".tfvars.json")
_VALUES = (".tfvars", ".tfvars.json")
_KINDS = {**TERRAFORM_CARRIERS, **TERRAFORM_LOOKALIKES, **dict.fromkeys(TERRAFORM_TEMPLATES)}


def parsed(source: Source, *, name: str) -> Parsed:
    """A file's blocks or tree.

    Raises:
        TemplateRefused: it is no HCL or JSON, or JSON of something else.
    """
    if not name.endswith(".json"):
        return parse_hcl(source)
    root, _ = read_json(source)
    if not isinstance(root, MappingNode):
        raise source.refusal("not Terraform: no object", line=1)
    return root


def folder_of(name: str) -> str:
    """The folder of a file, with slashes whatever the system; nothing for the outermost."""
    path = posixpath.normpath(posixpath.dirname(name.replace("\\", "/")) or ".")
    return "" if path == "." else path


def is_loaded(name: str) -> bool:
    """Whether Terraform reads a file by itself: any but tfvars that `-var-file` would have to name."""
    if not name.endswith(_VALUES):
        return True
    stem = posixpath.basename(name.replace("\\", "/")).removesuffix(".json").removesuffix(".tfvars")
    return stem == "terraform" or stem.endswith(".auto")


def folders_of(files: Mapping[str, tuple[Source, Parsed]], *, is_whole: bool) -> dict[str, Folder]:
    """The folders that files make, by path."""
    folders: dict[str, Folder] = {}
    for name, (source, found) in sorted(files.items(), key=_merged_last):
        if name.endswith(_VALUES):
            continue
        path = folder_of(name)
        folder = folders.setdefault(path, Folder(path, is_whole))
        if isinstance(found, Block):
            folder.add_blocks(found.blocks, _KINDS, overrides=is_override(name))
        else:
            folder.add_tree(found, source, _KINDS, overrides=is_override(name))
    for name in sorted((name for name in files if name.endswith(_VALUES) and is_loaded(name)), key=_precedence):
        folder_or_none = folders.get(folder_of(name))
        if folder_or_none is not None:
            folder_or_none.tfvars |= {key: (value, posixpath.basename(name)) for key, value in _values(*files[name])}
    return folders


def _merged_last(file: tuple[str, object]) -> tuple[bool, str]:
    """Files in their order, then those that override, by name."""
    return is_override(file[0]), file[0] if is_override(file[0]) else ""


def _precedence(name: str) -> tuple[bool, bool, str]:
    base = posixpath.basename(name.replace("\\", "/"))
    is_automatic = base.removesuffix(".json").removesuffix(".tfvars") != "terraform"
    return is_automatic, not is_automatic and base.endswith(".json"), base


def _values(source: Source, found: Parsed) -> Iterator[tuple[str, Value]]:
    if isinstance(found, Block):
        yield from found.expressions()
    else:
        for key, entry in found.entries.items():
            yield key, TreeValue(entry.value, source, is_plain=True)
