"""Damaged files: bytes flipped, cut, doubled, nested deep, huge scalars, alias bombs; each a function of its seed."""

from __future__ import annotations

import random
import resource
import time
from dataclasses import dataclass

from computenest.templates import MarkerRefused, TemplateRefused, render, scan
from corpus.conftest import CorpusFile, corpus_files

_TOKENS = [
    b'"',
    b"'",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b"\n",
    b"- ",
    b"&a ",
    b"*a",
    b"<<: *a\n",
    b"|\n",
    b"${",
    b"<<EOT\n",
    b"\t",
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
    b"\xc2\xa0",
    b"!Ref ",
    b"!If ",
    b"#",
    b"/*",
    b"%TAG ! x\n",
    b"---\n",
    b"\\",
]


def mutated(files: tuple[CorpusFile, ...], seed: int) -> tuple[str, bytes]:
    """A damaged file, with the name that it had."""
    chance = random.Random(seed)
    file = chance.choice(files)
    data = bytearray(file.data)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        chance.choice(_MUTATIONS)(data, chance)
    return file.name, bytes(data[:600_000])


def _at(data: bytearray, chance: random.Random) -> int:
    return chance.randrange(len(data) + 1)


def _flip(data: bytearray, chance: random.Random) -> None:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _cut(data: bytearray, chance: random.Random) -> None:
    start = _at(data, chance)
    del data[start : start + chance.choice((1, 3, 50, 5000))]


def _truncate(data: bytearray, chance: random.Random) -> None:
    del data[_at(data, chance) :]


def _insert(data: bytearray, chance: random.Random) -> None:
    at = _at(data, chance)
    data[at:at] = chance.choice(_TOKENS) * chance.choice((1, 1, 1, 3, 300))


def _double(data: bytearray, chance: random.Random) -> None:
    start = _at(data, chance)
    data[start:start] = data[start : start + chance.choice((10, 200, 5000))] * chance.choice((1, 2, 30))


def _swap(data: bytearray, chance: random.Random) -> None:
    one, other = sorted((_at(data, chance), _at(data, chance)))
    data[one:other] = data[one:other][::-1] if other - one < 50 else data[one:other].swapcase()


def _nest(data: bytearray, chance: random.Random) -> None:
    at, depth = _at(data, chance), chance.choice((50, 500, 50_000))
    opening, closing = chance.choice(
        ((b"[", b"]"), (b"{a: ", b"}"), (b'{"a":', b"}"), (b"(", b")"), (b"- ", b""), (b'"${', b'}"'))
    )
    data[at:at] = opening * depth + closing * chance.choice((0, depth))


def _huge(data: bytearray, chance: random.Random) -> None:
    at = _at(data, chance)
    data[at:at] = chance.choice((b"x", b" ", b"9", b"\n", b"a ", "中".encode(), b"\\u0041", b"a,")) * chance.choice(
        (5_000, 200_000)
    )


def _bomb(data: bytearray, chance: random.Random) -> None:
    width, levels = chance.choice((2, 9)), chance.choice((5, 30, 200))
    lines = [b"a0: &a0 m-1"]
    shape = chance.choice((b"{'Fn::If': [c, %s]}", b"[%s]", b"{<<: [%s]}"))
    lines += [b"a%d: &a%d " % (n, n) + shape % b", ".join([b"*a%d" % (n - 1)] * width) for n in range(1, levels)]
    data[:0] = b"\n".join(lines) + b"\n"
    data[:] = data.replace(b"ImageId: ", b"ImageId: *a%d #" % (levels - 1), 1)


_MUTATIONS = (_flip, _flip, _cut, _truncate, _insert, _insert, _double, _swap, _nest, _huge, _bomb)


@dataclass(frozen=True)
class Tally:
    """What a run over many seeds came to."""

    read: int
    refused: int
    slowest_s: float
    slowest_seed: int
    grown_mib: float
    failures: tuple[str, ...]


def run(seeds: range) -> Tally:
    """Scan a damaged file for each seed, and substitute at one of its positions."""
    files = corpus_files()
    scan(files[0].data, name=files[0].name)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    read = refused = 0
    slowest = (0.0, -1)
    failures: list[str] = []
    for seed in seeds:
        name, data = mutated(files, seed)
        began = time.process_time()
        try:
            found = scan(data, name=name)
            read += 1
            position = next((p for p in found.positions if p.is_editable), None)
            if position is not None and position.start is not None and position.end is not None:
                place = position.start, position.end  # of others, too, by an alias or a variable
                named = {p.address: "m-1" for p in found.positions if (p.start, p.end) == place}
                once = render(data, scan=found, substitutions=named)
                if once != data[: position.start] + b"m-1" + data[position.end :]:
                    failures.append(f"seed {seed}: other bytes changed")
        except MarkerRefused:  # a literal of more places than positions are told of
            refused += 1
        except TemplateRefused as error:
            refused += 1
            if not error.line:
                failures.append(f"seed {seed}: refused without a line: {error}")
        except Exception as error:  # noqa: BLE001 - any other exception is what this looks for
            failures.append(f"seed {seed}: {type(error).__name__}: {str(error)[:200]}")
        slowest = max(slowest, (time.process_time() - began, seed))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return Tally(read, refused, slowest[0], slowest[1], grown, tuple(failures))
