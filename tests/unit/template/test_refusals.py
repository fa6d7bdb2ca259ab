"""What is no template is refused, with line and reason; hostile bytes are refused or read, never a traceback."""

from __future__ import annotations

import time

import pytest

from computenest.templates import MAX_TEMPLATE_BYTES, TemplateRefused, scan

WEB = b"Resources: {W: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: m-1}}}\n"


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"", 1, "empty"),
        (b" \n\n", 1, "empty"),
        (b"just text", 1, "a single text"),
        (b"- a\n- b\n", 1, "a list"),
        (b"foo: bar\n", 1, "not a template"),
        (b"a: b\nResources:\n  x: [1, 2\n", 4, "not YAML"),
        (b"Resources:\n\ta: b\n", 2, "not YAML"),
        (b'{"Resources": {"a": ]}', 1, "not JSON"),
        (b'{"Resources":\n {"a": 1,\n "b": ]}}', 3, "not JSON"),
        (b"Resources: {}\n---\nResources: {}\n", 2, "not YAML"),
        (b"Resources:\n  a: \xff\n", 2, "not UTF-8"),
        (b"Resources:\n  a: \x00\n", 2, "control characters"),
        (b"Resources: *nowhere\n", 1, "undefined alias"),
        (b"a: 1\n" * 110_000, 104_858, "larger than the 524,288 bytes"),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else None,
)
def test_what_is_no_template_is_refused_with_line_and_reason(data: bytes, line: int, message: str) -> None:
    with pytest.raises(TemplateRefused) as caught:
        scan(data, name="t.yaml")
    assert message in caught.value.message
    assert caught.value.line == line
    assert f"t.yaml, line {line}" in str(caught.value)


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b'resource "a" "b" {\n  c = \n}\n', 2, "not HCL"),
        (b'a = 1\nresource "alicloud_instance" "b" {\n', None, "not HCL"),
        (b"hello, world\n", 1, "not HCL"),
        (b"a = 1\n\xff\n", 2, "not UTF-8"),
    ],
)
def test_broken_hcl_is_refused(data: bytes, line: int | None, message: str) -> None:
    with pytest.raises(TemplateRefused, match=message) as caught:
        scan(data, name="main.tf")
    assert caught.value.line is not None
    if line is not None:
        assert caught.value.line == line


def test_a_whole_file_of_the_largest_size_is_read() -> None:
    data = WEB + b"# " + b"x" * (MAX_TEMPLATE_BYTES - len(WEB) - 3) + b"\n"
    assert len(data) == MAX_TEMPLATE_BYTES
    assert len(scan(data).positions) == 1


def bomb(levels: int) -> bytes:
    """An alias bomb of Fn::If: 2 ** levels leaves."""
    lines = ["a0: &a0 m-1"]
    lines += [f"a{n}: &a{n} {{'Fn::If': [c, *a{n - 1}, *a{n - 1}]}}" for n in range(1, levels)]
    return "\n".join(
        lines
    ).encode() + b"\nResources: {W: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: *a%d}}}" % (levels - 1)


HOSTILE = {
    "open brackets": b"Resources: " + b"[" * 400_000,
    "closed brackets": b"Resources: " + b"[" * 200_000 + b"]" * 200_000,
    "brackets hidden by strings": b"Resources: " + b'["]", ' * 80_000,
    "open json": b'{"Resources": ' + b'{"a":' * 100_000,
    "json brackets": b'{"Resources": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "dashes": b"Resources:\n" + b"- " * 200_000,
    "question marks": b"? " * 200_000,
    "many tags": b"".join(b"%%TAG !%d! a\n" % n for n in range(30_000)) + b"---\nResources: {}\n",
    "many values": b"Resources: [" + b"a," * 250_000 + b"]",
    "many nulls": b"Resources: {" + b"a," * 250_000 + b"}",
    "many anchors": b"Resources: [" + b",".join(b"&%d " % n for n in range(60_000)) + b"]",
    "alias bomb": bomb(60),
    "wide alias bomb": b"".join(
        [b"a0: &a0 [x]\n", *(b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 30))]
    )
    + WEB,
    "merge bomb": b"".join(
        [
            b"a0: &a0 {k0: 1}\n",
            *(b"a%d: &a%d {k%d: 1, <<: [%s]}\n" % (n, n, n, b",".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 30)),
        ]
    )
    + b"Resources: {W: {Type: 'ALIYUN::ECS::Instance', Properties: {<<: *a29}}}\n",
    "recursive alias": b"Resources: &r {W: {Type: 'ALIYUN::ECS::Instance', Properties: "
    b"&p {<<: *p, ImageId: &i {'Fn::If': [c, *i, *i]}}}}",
    "recursive merge": b"Resources: {W: &w {<<: *w, Type: 'ALIYUN::ECS::Instance', Properties: *w}}",
    "huge scalar": b"Resources: {W: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: " + b"x" * 500_000 + b"}}}",
    "huge number": b'{"Resources": {"W": ' + b"9" * 500_000 + b"}}",
    "huge key": b"Resources: {" + b"k" * 1000 + b": {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: m-1}}}",
    "lone surrogate": b'{"Resources": {"\\ud800": {"Type": "ALIYUN::ECS::Instance", '
    b'"Properties": {"ImageId": "\\udc00"}}}}',
    "nested braces": b"{" * 300_000,
    "join": b"Resources: {W: {Type: 'ALIYUN::ECS::Instance', Properties: {ImageId: {'Fn::FindInMap': [{'Fn::Join': ["
    + b"x" * 200_000
    + b", ["
    + b"a, " * 5_000
    + b"b]]}, a, b]}}}}",
    "placeholders": b"Resources: {}\n# " + b"{{computenest::file::x" * 20_000,
    "misspelt": b"Resources: {}\n# " + b"{{computeneset::" * 30_000,
}


def read_or_refused(data: bytes, *, name: str, label: str) -> None:
    """Scan, print how long it took, and expect a line in a refusal."""
    began = time.perf_counter()
    line: int | None = 0
    try:
        scan(data[:MAX_TEMPLATE_BYTES], name=name)
    except TemplateRefused as refused:
        line = refused.line
    print(f"{label}: {time.perf_counter() - began:.3f} s")  # noqa: T201 - seen, not asserted
    assert line is not None


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_read_or_refused_in_time(name: str) -> None:
    read_or_refused(HOSTILE[name], name="t.yaml", label=name)


@pytest.mark.parametrize(
    "data",
    [
        b"{" * 400_000,
        b"a = " + b"[" * 200_000 + b"]" * 200_000,
        b'a = "' + b"${" * 150_000,
        b"a {\n" * 100_000,
        b"a = " + b"(" * 200_000 + b"1" + b")" * 200_000,
        b"a = 1 ? " * 50_000,
        b'locals { x = local.y\n y = local.x }\nresource "alicloud_instance" "a" { image_id = local.x }\n',
        b'locals {\n a0 = "m"\n'
        + b"".join(b" a%d = true ? local.a%d : local.a%d\n" % (n, n - 1, n - 1) for n in range(1, 60))
        + b'}\nresource "alicloud_instance" "a" {\n image_id = local.a59\n}\n',
        bytes(range(128)) * 4000,
        b"a = <<EOT\n" * 40_000,
        b"a = <<EOT\n" + b"EOT EOT " * 50_000,
        b'"\n!${/*=>' * 40_000,
        b'a = "\n!${/*=>' * 30_000,
        b"a = /* " * 60_000,
        b"a = x.y" + b"[0]" * 150_000 + b"\n",
        b"a = [" + b"1, " * 150_000 + b"]\n",
        b"locals {\n m = {"
        + b"a = 1\n" * 60_000
        + b"}\n}\n"
        + b'resource "alicloud_instance" "a" { image_id = local.m[x] }\n' * 1_000,
    ],
    ids=lambda data: repr(data[:12]),
)
def test_hostile_hcl_is_read_or_refused_in_time(data: bytes) -> None:
    read_or_refused(data, name="main.tf", label=repr(data[:12]))
