"""docs/emulator-fidelity.md, written from the facts files: what is modelled, from where it is known, how surely.

What is seen with other clients, and is no rule, stands in Markdown beside them (`facts/*.md`) and follows as it is.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from computenest_cloud.rules import FACTS_DIR, Confidence, Fact, all_facts, first_rules, load_topics

_MEANINGS: dict[Confidence, str] = {
    "documented": "a page or a published SDK of Alibaba Cloud says so",
    "measured": "seen with the unmodified official SDK",
    "inferred": "follows from something documented",
    "assumed": "nobody outside could check; our choice, with a switch where it matters",
}


_LOOKED_FOR = (
    "Every *assumed* rule has a verdict of its own, below, with what was looked through for it. Where a verdict names",
    "no other source, that is: the SDKs on PyPI (supplier 2.8.0 to 7.3.2, user 4.5.3, container registry 2.2.5), npm",
    "(ECS 7.11.6, ROS 3.7.0) and Maven (supplier 7.0.0 with its examples), computenest-cli 1.0.10 to 1.9.17, the",
    "documentation of ECS and ROS as published in 2021, help pages of 2023 to 2026, Alibaba's OOS templates,",
    "Terraform's providers, and the configurations of 86 public projects.",
)
VERDICTS: Mapping[str, str] = {
    "supported": "public material points this way, and does not say it",
    "partly": "a part of the rule is published, the rest is not",
    "open": "looked for, and found neither confirmed nor contradicted",
    "choice": "a quantity or a design of the emulation: there is nothing to find",
}


def _verdicts() -> list[str]:
    assumed = [fact for fact in all_facts() if fact.confidence == "assumed"]
    counts = Counter(fact.verdict.partition(":")[0] for fact in assumed)
    found = _table(("verdict", "rules", "meaning"), ((key, str(counts[key]), VERDICTS[key]) for key in VERDICTS))
    rows = ((fact.id, *(part.strip() for part in fact.verdict.partition(":")[::2])) for fact in assumed)
    return ["## What was looked for", "", *found, "", *_table(("rule", "verdict", "looked through"), rows), ""]


def _since() -> list[str]:
    """What became of the rules of then, and what the new ones rest on."""
    first, now = first_rules(), {fact.id: fact.confidence for fact in all_facts()}
    before = Counter(first.values())
    after = Counter(now[key] for key in first if key in now)
    new = Counter(confidence for key, confidence in now.items() if key not in first)
    moved = Counter(now.get(key, "gone") for key, confidence in first.items() if confidence == "assumed")
    rows = ((name, str(before[name]), str(after[name]), str(new[name])) for name in _MEANINGS)
    went = ", ".join(f"{moved[name]} {name}" for name in (*_MEANINGS, "gone") if moved[name])
    return [
        *_table(("confidence", f"of {len(first)} rules before", "the same rules now", "new rules"), rows),
        "",
        f"Of the {before['assumed']} rules that were assumed then, there are now: {went}.",
        "",
    ]


def _escape(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return lines + ["| " + " | ".join(_escape(cell) for cell in row) + " |" for row in rows]


def _switch_row(fact: Fact) -> tuple[str, ...] | None:
    if fact.switch is None:
        return None
    positions = ", ".join(f"`{str(position).lower()}`" for position in fact.switch.positions)
    default = f"`{str(fact.switch.default).lower()}`"
    return f"`{fact.switch.key}`", positions, default, fact.id, fact.statement


def page() -> str:
    facts = all_facts()
    counts = Counter(fact.confidence for fact in facts)
    lines = [
        "# How true the embedded cloud is",
        "",
        "Generated from the `facts/` of `emulator/computenest_cloud` and of its services by",
        "`python -m computenest_cloud fidelity`; do not edit.",
        "",
        f"{len(facts)} rules are modelled. Where the real cloud could not be asked, a rule is a guess, says so, and",
        "can be switched: software that works in both positions works whatever the real cloud does.",
        "",
        *_table(("confidence", "rules", "meaning"), ((name, str(counts[name]), _MEANINGS[name]) for name in _MEANINGS)),
        "",
        *_since(),
        *_LOOKED_FOR,
        "",
        "## Switches",
        "",
        "`serve --switch KEY=VALUE`, or at run time `PUT /_cloud/facts {KEY: VALUE}`.",
        "",
        *_table(
            ("switch", "positions", "default", "rule", "statement"),
            (row for row in map(_switch_row, facts) if row is not None),
        ),
        "",
        "## Numbers",
        "",
        *_table(
            ("parameter", "default", "unit", "rule", "statement"),
            (
                (f"`{fact.parameter.key}`", f"{fact.parameter.default:g}", fact.parameter.unit, fact.id, fact.statement)
                for fact in facts
                if fact.parameter is not None
            ),
        ),
        "",
    ]
    lines += _verdicts()
    for topic in load_topics().values():
        lines += [f"## {topic.title}", ""]
        lines += _table(
            ("rule", "statement", "confidence", "source"),
            ((fact.id, fact.statement, fact.confidence, fact.source) for fact in topic.facts),
        )
        lines.append("")
    for path in sorted(FACTS_DIR.glob("*.md")):
        lines += [path.read_text("utf-8").strip(), ""]
    return "\n".join(lines).rstrip() + "\n"
