"""Charts of all sorts, sound and not: each is a sound one, changed in one to three ways that a seed chooses."""

from __future__ import annotations

import gzip
import os
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from unit.images.layouts import tar_of

BOM = "\ufeff"
TEMPLATE = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n"


@dataclass
class Sketch:
    """A chart that is not written yet."""

    rng: random.Random
    name: str = "shop"
    meta: dict[str, str] = field(default_factory=dict)
    """Key of Chart.yaml -> its value as it is written."""
    lines: list[str] = field(default_factory=list)
    """More of Chart.yaml."""
    files: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    """Path -> target."""
    odd: list[tuple[str, Callable[[Path], None]]] = field(default_factory=list)
    line_end: str = "\n"
    is_marked: bool = False

    def pick(self, *choices: str) -> str:
        return self.rng.choice(choices)

    def add(self, path: str, text: str = "x\n") -> None:
        self.files[path] = text.encode("utf-8", "surrogateescape")

    def chart_file(self) -> bytes:
        text = "".join(f"{key}: {value}\n" for key, value in self.meta.items()) + "".join(self.lines)
        return ((BOM if self.is_marked else "") + text).replace("\n", self.line_end).encode("utf-8", "surrogateescape")

    def write(self, folder: Path) -> None:
        files = {"Chart.yaml": self.chart_file(), **self.files}
        for path, data in files.items():
            place = folder / path
            if any((folder / above).is_file() for above in PurePosixPath(path).parents) or place.is_dir():
                continue  # another way has put something else there
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        for path, target in self.links.items():
            place = folder / path
            if not place.is_symlink() and not place.exists() and not place.parent.is_file():
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(target)
        for path, make in self.odd:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            make(folder / path)


def sketch(seed: int) -> Sketch:
    """The chart of a seed."""
    one = Sketch(random.Random(seed))
    one.meta = {"apiVersion": "v2", "name": "shop", "version": f"1.0.{seed}"}
    one.add("values.yaml", "a: 1\n")
    one.add("templates/c.yaml", TEMPLATE)
    for way in one.rng.sample(WAYS, one.rng.choice([1, 1, 2, 3])):
        way(one)
    return one


def names(one: Sketch) -> None:
    one.meta["name"] = one.pick(
        "my_shop", "shop.web", "shop--web", "Shop", "123", "1.5", "true", '"a/b"', ".", '".."', "", "~", "-shop",
        "shop-",
        "sh op", '"shop\\u200b"', "shop__x", "a___b", "yes", "0x1F", "010", "1e3", "2024-01-01", "[a]", "'s'", "1_000",
    )  # fmt: skip


def versions(one: Sketch) -> None:
    one.meta["version"] = one.pick(
        "v1.2.3", '"1.2"', "1.2", '"1"', "1", "1.2.3+build.5", "1.2.3-rc.1", "1.2.3-01", "01.2.3", "1.2.3.4", "latest",
        '""', "~", "0.0.0", "0.0.0-0", "0.0.0-alpha", "1.2.3-", "V1.2.3", "1.2.3+a+b", "18446744073709551616.0.0",
        "1.2.x",
        "1.2.3 ", '" 1.2.3"', "^1.2.3", "1.2.3_4", "2024-01-01", "1.2.3-a..b", "1.2.3+" + "b" * 90,
        "1.2.3-" + "b" * 130,
    )  # fmt: skip


def fields(one: Sketch) -> None:
    one.lines.append(one.pick(
        "appVersion: 1.16\n", "appVersion: '1.16'\n", "appVersion:\n", "appVersion: 2024-01-01\n", "appVersion: true\n",
        "type: library\n", "type: thing\n", "type: Application\n", "type: 5\n", "kubeVersion: '>=1.20'\n",
        "kubeVersion: 1.2\n",
        "description: 5\n", "description: [a]\n", "keywords: a\n", "keywords: [a, 5, true, ~]\n", "keywords: [[a]]\n",
        "maintainers: [{name: a, email: a@example.com, url: https://example.com}]\n", "maintainers: [{email: a@b.c}]\n",
        "maintainers: [~]\n", "maintainers: {}\n", "maintainers: [a]\n", "maintainers: [{name: a, email: nobody}]\n",
        "maintainers: [{name: 5}]\n", "maintainers: [{name: a, url: 'not a url'}]\n",
        "maintainers: [{name: a, url: example.com}]\n",
        "sources: [https://example.com/a]\n", "sources: [example.com]\n", "sources: ['']\n", "sources: ['/a/b']\n",
        "icon: https://example.com/i.png\n", "icon: i.png\n", "icon: data:image/png;base64,AAAA\n",
        "icon: file:///i.png\n",
        "annotations: {a: b}\n", "annotations: {a: 1, b: true, c: ~, 5: x, 1.5: y}\n", "annotations: {a: {b: c}}\n",
        "annotations: [a]\n", "annotations: {? [a] : b}\n", "annotations: {~: b}\n", "deprecated: true\n",
        "deprecated: 'true'\n",
        "deprecated: yes\n", "deprecated: 1\n", "home: [a]\n", "tags: a\n", "tags: [a]\n", "condition: 5\n",
        "unknown: {a: .inf}\n",
        "unknown: 5\n", "unknown: [1, {2: 3}]\n", "unknown: {? {a: b} : c}\n",
    ))  # fmt: skip


def kinds_of_api(one: Sketch) -> None:
    one.meta["apiVersion"] = one.pick("v1", "v1", "v3", "v9", "2", '""', "~", "v2 ", '"v2"', "[v2]")


def odd_yaml(one: Sketch) -> None:
    one.lines.append(one.pick(
        "---\nname: other\n", "...\n---\n- a\n", "a: [\n", "a: b: c\n", "\ta: b\n", "Name: other\n",
        "NAME: other\nVersion: 3.0.0\n",
        "name: other\n", "<<: {description: merged}\n", "<<: {name: merged}\n", "x: &x {description: d}\n<<: *x\n",
        "<<: 5\n",
        "<<: [{description: a}, {description: b}]\n", "a: *nobody\n", "a: &a [*a]\n", "a: !!binary aGVsbG8=\n",
        "a: !foo bar\n",
        "description: !!str 5\n", "description: !!int x\n", "description: !!float 5\n",
        "description: |\n  long\n  text\n",
        "description: \"a\\x00b\"\n", "description: a\x07b\n", "description: \udcff\n", "description: é 中\n",
        "? a\n: b\n",
        "? [a, b]\n: c\n", "- a\n", "%YAML 1.2\n", "# comment\n", "a: @b\n", "a: `b`\n", "a: 'unfinished\n",
        "a: {b: c\n",
        "description: 'two\n  lines'\n",
        "a: 0o17\nb: 0b11\nc: 1_000\nd: .5\ne: +1\nf: 1e400\ng: 190:20:30\nh: 0777\ni: 09\n",
    ))  # fmt: skip


def bombs(one: Sketch) -> None:
    width = one.rng.choice([2, 9])
    one.lines.append("x0: &x0 [a, a, a, a, a, a, a, a, a]\n")
    one.lines += [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * width)}]\n" for n in range(1, 8)]


def marks_and_ends(one: Sketch) -> None:
    one.is_marked = one.rng.random() < 0.5
    one.line_end = one.pick("\n", "\r\n", "\r")
    if one.rng.random() < 0.5:
        one.files["templates/marked.txt"] = b"\xef\xbb\xbfmarked\r\n"
        one.files["values.yaml"] = b"\xef\xbb\xbf" + one.files.get("values.yaml", b"a: 1\n")


RULES = (
    "*.orig", "notes/", "/docs/*.md", "docs/", "docs", "**/x", "a/**", "[^a]*.txt", "[!a]*.txt", "[a-c]*.txt", "!b.txt",
    "!*", "!/", "# comment", "", "  *.tmp  ", "\\#x", "a\\", "[", "[]a]", "[a", "[a-]", "[-a]", "[^]", "?.txt", "*",
    "/*",
    "*/", "templates/", "templates/*.txt", "charts", "Chart.yaml", "/Chart.yaml", ".*", "*.yaml", "files/*/deep.txt",
    "a?c*d", "*a*b*", "/", "//", "./b.txt", "b.txt/", ".helmignore", "[[]x", "[\\]]x", "é*", "*.TXT", "\tb.txt",
    "b.txt\x0c",
)  # fmt: skip


# put together, they make patterns that are malformed where helm does not look, too
PARTS = (*"ab*?", "[a-c]", "[^a]", "[!a]", "/", "docs", "notes", ".", "txt", *"!\\-# ][")


def rules(one: Sketch) -> None:
    for path in (
        "a.orig", "b.txt", "a.txt", "A.txt", "é.txt", "#x", "notes/todo.txt", "docs/a.md", "docs/deep/b.md", "x",
        "abcd",
        "files/one/deep.txt", "files/b.txt", "templates/.hidden", "templates/notes/.x", "templates/b.txt",
        "notes2/notes",
        ".git/config", "[x", "]x", "-a.txt", "!a.txt", "xaxbx", "sub/.helmignore",
    ):  # fmt: skip
        if one.rng.random() < 0.6:
            one.add(path)
    chosen = [
        one.rng.choice(RULES) if one.rng.random() < 0.6 else "".join(one.rng.choices(PARTS, k=one.rng.randint(1, 5)))
        for _ in range(one.rng.choice([1, 1, 2, 3, 5]))
    ]
    mark = BOM if one.rng.random() < 0.2 else ""
    one.add(".helmignore", mark + one.pick("\n", "\r\n").join(chosen) + one.pick("", "\n"))


def links(one: Sketch) -> None:
    one.add("files/real.txt", "real")
    target = one.pick(
        "real.txt", "../values.yaml", "nowhere", "..", ".", "/dev/null", "../files", "../../outside.txt", "self"
    )
    one.links[one.pick("files/link", "node_modules/link", "templates/link.txt", "charts/link", "self")] = target
    if one.rng.random() < 0.4:
        one.links["again"] = one.pick("files", "files/link", "again", "templates")
    if one.rng.random() < 0.5:
        one.add(".helmignore", one.pick("node_modules/\n", "link\n", "files/\n", "self\n", "again\nlink\n"))


def long_paths(one: Sketch) -> None:
    part = one.pick("d", "é", "长")
    length = one.rng.choice([90, 99, 100, 101, 150, 200]) // len(part.encode())
    deep = "/".join(part * min(length, 60) for _ in range(one.rng.choice([1, 2, 3, 6])))
    one.add(f"{deep}/{part * length}.txt")
    if one.rng.random() < 0.3:
        one.add(f"templates/{'t' * one.rng.choice([94, 95, 96, 140])}.yaml", TEMPLATE)


def _subchart(name: str, version: str = "1.0.0", more: str = "") -> dict[str, bytes]:
    return {
        "Chart.yaml": f"apiVersion: v2\nname: {name}\nversion: {version}\n{more}".encode(),
        "templates/x.yaml": TEMPLATE.encode(),
        "values.yaml": b"b: 2\n",
    }


def tgz(files: dict[str, bytes], folder: str) -> bytes:
    named = {f"{folder}/{path}" if folder else path: data for path, data in files.items()}
    return gzip.compress(tar_of(named), 1, mtime=0)


def dependencies(one: Sketch) -> None:
    wanted = one.pick("redis", "redis", "redis", "other", "")
    entry = one.pick(
        f"{{name: {wanted}, version: 1.0.0, repository: 'https://example.com'}}",
        f"{{name: {wanted}, version: '>=2', repository: 'file://../x', alias: cache}}",
        f"{{name: {wanted}, alias: 'a b'}}", f"{{name: {wanted}, condition: redis.enabled, tags: [a]}}",
        f"{{name: {wanted}, tags: a}}",
        f"{{name: {wanted}}}, {{name: {wanted}}}", f"{{name: {wanted}}}, {{name: {wanted}, alias: second}}", "~", "a",
        f"{{name: {wanted}, import-values: [a, {{child: b, parent: c}}]}}", f"{{name: {wanted}, enabled: 5}}",
    )  # fmt: skip
    listed = f"dependencies: [{entry}]\n"
    where = one.rng.random()
    if where < 0.25:
        one.meta["apiVersion"] = one.pick("v1", "v1", "v2")
        one.add("requirements.yaml", listed)
        if one.rng.random() < 0.4:
            one.add("requirements.lock", "digest: x\ngenerated: '2024-01-01T00:00:00Z'\n")
    elif where < 0.9:
        one.lines.append(listed)
    if one.rng.random() < 0.85:
        _place(one, "redis")
    if one.rng.random() < 0.25:
        one.add("Chart.lock", one.pick(
            "digest: sha256:x\ngenerated: '2024-01-01T00:00:00Z'\ndependencies: []\n", "generated: never\n", "- a\n",
            "a: [\n",
            "generated: 2024-01-01T00:00:00Z\n", "", "generated: 2024-01-01\n",
        ))  # fmt: skip


def _place(one: Sketch, name: str) -> None:
    folder = one.pick(name, name, f"my-{name}", f"{name}-1.0.0.tgz", f"_{name}", f".{name}", f"{name}.d")
    inside = _subchart(
        name, one.pick("1.0.0", "1.0.0", "v2", "nothing"), one.pick("", "", "type: library\n", "type: x\n")
    )
    if one.rng.random() < 0.2:
        inside |= {f"charts/deep/{path}": data for path, data in _subchart("deep").items()}
        inside[
            one.pick("charts/README.md", "charts/_x/secret.txt", "charts/.x/secret.txt", ".helmignore", "notes.txt")
        ] = b"x"
    if folder.endswith(".tgz") and one.rng.random() < 0.9:
        one.files[f"charts/{folder}"] = one.rng.choice(
            [tgz(inside, name), tgz(inside, name), tgz(inside, ""), b"none", b""]
        )
    else:
        one.files |= {f"charts/{folder}/{path}": data for path, data in inside.items()}


def beside_charts(one: Sketch) -> None:
    path = one.pick(
        "charts/README.md", "charts/_notes.txt", "charts/.gitkeep", "charts/redis-1.0.0.tgz.prov", "charts/empty/x.txt",
        "charts/_x/secret.txt", "charts/.x/secret.txt", "charts/a/b.prov", "charts",
    )  # fmt: skip
    one.add(path)


def values(one: Sketch) -> None:
    one.add("values.yaml", one.pick(
        "", "# nothing\n", "- a\n", "a\n", "a: [\n", "a: 1\n---\nb: 2\n", "a: 1\n---\n- b\n", "a: 1\n--- # c\nb: 2\n",
        "a: 1\n--- b\n", "---\na: 1\n", "a: .inf\n", "{}\n", "~\n", "? [a]\n: b\n", "~: a\n", "a: 1\na: 2\n", "a: 1",
        "yes: no\n5: 6\n", "a: !!binary aGk=\n", "a: \udcff\n", "a: |\n  x\n  ---\n", "...\n", "a: 1\n...\nb: 2\n",
        "\ta: b\n",
    ))  # fmt: skip


def schemas(one: Sketch) -> None:
    one.add(
        "values.schema.json",
        one.pick("{}", "", "{", "true", '{"type": "object"}', '{"a": NaN}', '{"a": 1e999}', BOM + "{}", '"\udcff"'),
    )


def definitions(one: Sketch) -> None:
    sound = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n  name: a\n"
    path = one.pick("crds/a.yaml", "crds/a.YML", "crds/sub/a.yaml", "crds/a.txt", "crds/README.md", "crds")
    one.add(path, one.pick(
        sound, f"{sound}---\n{sound}", "kind: Other\napiVersion: apiextensions.k8s.io/v1\n",
        "apiVersion: v1\nkind: CustomResourceDefinition\n",
        "a: [\n", "", "# nothing\n", "{{ if x }}\n", f"---\n{sound}---\n",
    ))  # fmt: skip


def templates(one: Sketch) -> None:
    one.add(one.pick(
        "templates/NOTES.txt", "templates/_helpers.tpl", "templates/x.yml", "templates/x.json", "templates/README.md",
        "templates/noext",
        "templates/tests/t.yaml", "templates/empty.yaml", "templates/_x", "templates/x.YAML",
    ), "")  # fmt: skip
    if one.rng.random() < 0.2:
        del one.files["templates/c.yaml"]


def odd_files(one: Sketch) -> None:
    one.odd.append((one.pick("files/pipe", "node_modules/pipe", "templates/pipe"), os.mkfifo))
    if one.rng.random() < 0.5:
        one.add(".helmignore", one.pick("pipe\n", "node_modules/\n", "files\n"))


def odd_names(one: Sketch) -> None:
    one.add(
        one.pick(
            "files/\udcff.txt", "files/a b", "files/a\\b", "files/a:b", "files/a\nb", "files/ ", "\udcff/x", "é/x", "-x"
        )
    )
    if one.rng.random() < 0.3:
        one.add(".helmignore", one.pick("\udcff*\n", "a?b\n", "files/?.txt\n", "[^a].txt\n", "é\n"))


def permissions(one: Sketch) -> None:
    one.add("files/run.sh", "#!/bin/sh\n")
    one.odd.append(("files/run.sh", lambda place: place.chmod(0o755)))
    one.odd.append(("files/empty", lambda place: place.mkdir(exist_ok=True)))
    one.add(
        one.pick(
            "README.md", "LICENSE", "sub/Chart.yaml", "Chart.yml", "chart.yaml", "values.yml", "ci/x.yaml", "crds.yaml"
        )
    )


WAYS: list[Callable[[Sketch], None]] = [
    names, versions, fields, fields, kinds_of_api, odd_yaml, odd_yaml, bombs, marks_and_ends, rules, rules, rules,
    links, links,
    long_paths, dependencies, dependencies, dependencies, beside_charts, values, schemas, definitions, templates,
    odd_files,
    permissions, odd_names,
]  # fmt: skip
