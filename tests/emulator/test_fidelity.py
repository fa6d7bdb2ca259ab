"""The facts files: well-formed, cited by the code, and the page made of them is fresh."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from computenest_cloud import catalogue, fidelity
from computenest_cloud.rules import all_facts, first_rules

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "emulator" / "computenest_cloud"
SOURCES = sorted(PACKAGE.rglob("*.py"))


def test_the_page_is_fresh():
    page = (ROOT / "docs" / "emulator-fidelity.md").read_text("utf-8")
    assert page == fidelity.page(), "run: python -m computenest_cloud fidelity > docs/emulator-fidelity.md"


def test_ids_are_unique():
    assert [key for key, count in Counter(fact.id for fact in all_facts()).items() if count > 1] == []


def test_what_is_cited_exists():
    known = {fact.id for fact in all_facts()}
    prefixes = {key.partition("-")[0] for key in known}
    cited = {
        key for path in SOURCES for key in re.findall(rf"\b(?:{'|'.join(prefixes)})-\d{{3}}\b", path.read_text("utf-8"))
    }
    assert cited <= known


def test_a_switch_belongs_to_something_unverified():
    assert {fact.confidence for fact in all_facts() if fact.switch} == {"assumed"}
    assert all(fact.switch.default in fact.switch.positions for fact in all_facts() if fact.switch)


def test_every_assumed_rule_has_a_verdict_and_says_what_was_looked_through():
    told = {fact.id: fact.verdict.partition(": ") for fact in all_facts() if fact.confidence == "assumed"}
    assert {
        key for key, (verdict, _, looked) in told.items() if verdict not in fidelity.VERDICTS or not looked
    } == set()
    assert [fact.id for fact in all_facts() if fact.verdict and fact.confidence != "assumed"] == []
    texts = Counter(looked for verdict, _, looked in told.values() if verdict != "choice")
    assert [text for text, count in texts.items() if count > 1] == [], "each of its own"


def test_every_new_rule_has_a_source_a_switch_or_a_reason():
    assert [fact.id for fact in all_facts() if not fact.source.strip()] == []
    rest = [fact for fact in all_facts() if fact.id not in first_rules() and fact.source == "choice"]
    reasons = {fact.id: fact.verdict.removeprefix("choice: ") for fact in rest if not (fact.switch or fact.parameter)}
    assert rest
    assert [key for key, reason in reasons.items() if len(reason) < 10] == []


def test_every_switch_has_a_test():
    marks = re.compile(r'^@both\("([\w.]+)"\)$', re.MULTILINE)
    tests = [path for folder in ("emulator", "registry") for path in (ROOT / "tests" / folder).glob("test_*.py")]
    tested = {key for path in tests for key in marks.findall(path.read_text("utf-8"))}
    assert tested == {fact.switch.key for fact in all_facts() if fact.switch}


def test_regions_have_prefixes_of_their_own():
    regions = catalogue.regions().values()
    assert len(regions) >= 24
    assert len({region.prefix for region in regions}) == len(regions)
    assert all(len(region.prefix) == 3 for region in regions)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_emulator_imports_nothing_of_the_provider(path):
    assert not re.search(r"^\s*(?:from|import) (?:computenest|pulumi\w*)\b", path.read_text("utf-8"), re.MULTILINE)


def test_seed_ids_have_the_length_of_real_ones():
    ids = [image.image_id for image in catalogue.golden_images()]
    ids += [
        catalogue.market_image_id(product, version, region)
        for product in catalogue.products().values()
        for version in product.versions
        for region in product.regions
    ]
    assert {len(image_id) for image_id in ids} == {22}
    assert len(set(ids)) == len(ids)
