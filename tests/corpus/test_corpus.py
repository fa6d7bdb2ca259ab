"""Over every real template: read or rightly refused, equal to the oracle, and every byte back where it was."""

from __future__ import annotations

import json
import re
from collections import Counter

import pytest

from computenest.kernel.errors import Invalid
from computenest.templates import Scan, TemplateRefused, adopt, markers, render, render_regions, scan
from corpus.conftest import CorpusFile, corpus_files
from corpus.differences import explained
from corpus.oracle import Illegal, Reading, read

pytestmark = pytest.mark.corpus


def scanned() -> list[tuple[CorpusFile, Scan]]:
    """Every file that is read, with its scan."""
    results = []
    for file in corpus_files():
        try:
            results.append((file, scan(file.data, name=file.name)))
        except TemplateRefused:
            continue
    return results


def test_every_file_is_read_or_rightly_refused() -> None:
    refused: dict[str, TemplateRefused] = {}
    for file in corpus_files():
        try:
            scan(file.data, name=file.name)
        except TemplateRefused as error:
            refused[file.name] = error
            with pytest.raises(Illegal):
                read(file.data, name=file.name)
    assert all(error.line and error.message for error in refused.values())
    print(f"\n{len(corpus_files()) - len(refused)} files read, {len(refused)} refused")  # noqa: T201
    assert set(refused) == explained("refused")


@pytest.mark.timeout(900)
def test_positions_equal_the_oracle() -> None:
    different: dict[str, str] = {}
    compared: Counter[str] = Counter()
    for file, found in scanned():
        try:
            expected = read(file.data, name=file.name)
        except Illegal as error:
            different[file.name] = f"the oracle cannot read it: {str(error)[:80]}"
            continue
        ours = Reading()
        for position in found.positions:
            ours.add(position.path, {position.value if position.is_editable else None})
        compared[found.format] += len(ours.literals)
        if (ours.literals, ours.open_paths) != (expected.literals, expected.open_paths):
            different[file.name] = f"{ours} instead of {expected}"
    print(f"\nimage properties compared: {dict(compared)}")  # noqa: T201
    for name in sorted(set(different) - explained("oracle")):
        print(f"{name}: {different[name]}")  # noqa: T201
    assert set(different) == explained("oracle")


def test_positions_equal_the_index_but_for_what_is_explained() -> None:
    different = {}
    for file, found in scanned():
        count = len({position.path for position in found.positions})
        count += sum(relation.kind == "ArtifactRelation" for relation in found.relations)
        if count != file.positions:
            different[file.name] = (count, file.positions)
    assert set(different) == explained("index"), different


def test_every_literal_is_substituted_alone_found_again_and_restored() -> None:
    done = 0
    for file, found in scanned():
        for start, end in sorted(
            {(p.start, p.end) for p in found.positions if p.start is not None and p.end is not None}
        ):
            position = next(p for p in found.positions if (p.start, p.end) == (start, end))
            marker = position.address
            image = "m-substituted"
            sharing = {p.address for p in found.positions if (p.start, p.end) == (start, end)}  # a map has many readers
            once = render(file.data, scan=found, substitutions=dict.fromkeys(sharing, image))
            assert once == file.data[:start] + image.encode() + file.data[end:], file.name
            done += 1
            if done % 10 and len(found.positions) > 50:
                continue  # the largest files have 600 leaves: each tenth is scanned again
            again = scan(once, name=file.name)
            assert {p.value for p in again.positions if p.address == marker} == {image}, file.name
            assert markers(again, [image])[image]
            restored = once[:start] + file.data[start:end] + once[start + len(image) :]
            assert restored == file.data
    print(f"\n{done} literals substituted and restored")  # noqa: T201
    assert done


def test_thirty_regions_at_once_are_each_alone() -> None:
    regions = [f"region-{number}" for number in range(30)]
    for file, found in scanned():
        values = {p.value for p in found.positions if p.is_editable and p.value}
        chosen = sorted(values)[:5]
        images = {marker: {region: f"m-{number}" for number, region in enumerate(regions)} for marker in chosen}
        everything = render_regions(file.data, scan=found, substitutions=images, regions=regions)
        alone = {marker: of[regions[7]] for marker, of in images.items()}
        assert everything[regions[7]] == render(file.data, scan=found, substitutions=alone)


ADOPTED = {region: f"m-{number}adopted0000" for number, region in enumerate(("cn-beijing", "cn-hangzhou", "us-east-1"))}


def with_a_map(file: CorpusFile, found: Scan) -> tuple[bytes, bytes] | None:
    """A real template whose first literal is turned into a hand-written map, and the same with a marker instead."""
    spot = next((p for p in found.positions if p.form == "literal" and p.start is not None), None)
    section = re.search(rb'^(?P<flow>[ \t]*"Resources"[ \t]*:)|^Resources:', file.data, re.MULTILINE)
    if spot is None or spot.start is None or spot.end is None or section is None or b"Mappings" in file.data:
        return None
    start, end = spot.start, spot.end
    quote = file.data[start - 1 : start]
    if quote in (b'"', b"'"):
        start, end = start - 1, end + 1
    is_json = found.format == "ros-json"
    rows = json.dumps({region: {"Web": image} for region, image in ADOPTED.items()})
    function = b'{"Fn::FindInMap": ["Adopted", {"Ref": "ALIYUN::Region"}, "Web"]}'
    block = f'"Mappings": {{"Adopted": {rows}}}, ' if is_json else f"Mappings:\n  Adopted: {rows}\n"
    at = section.start()
    if at > start or (section["flow"] is not None) != is_json:
        return None
    if is_json:
        at += len(section[0]) - len(section[0].lstrip())
    by_hand = file.data[:at] + block.encode() + file.data[at:start] + function + file.data[end:]
    marked = file.data[:start] + (b'"adopted-here"' if is_json else b"adopted-here") + file.data[end:]
    return by_hand, marked


def test_hand_written_maps_are_adopted_or_refused_with_a_reason() -> None:
    adopted, refused = 0, 0
    for file, found in scanned():
        names = {p.leaf.partition("Mappings.")[2].partition(".")[0] for p in found.positions if "Mappings." in p.leaf}
        for name in sorted(names):
            with pytest.raises(Invalid, match=r"cannot become one marker: line \d+: (the|it)"):
                adopt(file.data, mapping=name, marker="adopted-here", name=file.name)
            refused += 1
        case = with_a_map(file, found)
        if case is None:
            continue
        by_hand, marked = case
        result = adopt(by_hand, mapping="Adopted", marker="adopted-here", name=file.name)
        assert (result.data, result.images) == (marked, ADOPTED), file.name
        again = scan(result.data, name=file.name)
        before = scan(by_hand, name=file.name)
        for region, image in result.images.items():
            rendered = scan(render(result.data, scan=again, substitutions={"adopted-here": image}), name=file.name)
            was = {p.path: p.value for p in before.positions if p.leaf == f"Mappings.Adopted.{region}.Web"}
            assert was.items() <= {p.path: p.value for p in rendered.positions}.items()
            assert was
        adopted += 1
    print(f"\n{adopted} real templates adopted, {refused} of the corpus's own maps refused with a reason")  # noqa: T201
    assert adopted > 100
