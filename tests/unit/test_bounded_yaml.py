"""YAML in bounded time: as helm's library and as PyYAML read it, and what neither unfolds."""

from __future__ import annotations

import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from computenest.kernel.bounded_yaml import Unreadable, go_number, read_yaml

GO = {
    "yes": True, "Off": False, "y": True, "~": None, "": None, "1:30": "1:30", "010": 8, "0o17": 15, "0b11": 3,
    "0x1F": 31,
    "1_000": 1000, "09": 9.0, "1e3": 1000.0, ".5": 0.5, "+1": 1, "2024-01-01": "2024-01-01", "1.2.3": "1.2.3", "-": "-",
    "18446744073709551615": 18446744073709551615, "18446744073709551616": 18446744073709551616.0, "1e400": "1e400",
    "'5'": "5", "!!str 5": "5", "!!float 5": 5.0, "!foo 5": "5", "! 5": "5", "!!binary aGk=": "hi", "=": "=",
    "<<": "<<",
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), GO.items())
def test_scalars_as_helm_reads_them(text: str, value: Any) -> None:
    read = read_yaml(f"[{text}]" if text else "[~]", flavor="go")[0]
    assert (read, type(read)) == (value, type(value))


NUMBERS = {1.2: "1.2", 1.10: "1.1", 5.0: "5", 1e6: "1e+06", 123456.0: "123456", 1e-5: "1e-05", 0.0001: "0.0001",
1e21: "1e+21",
           1.23456789: "1.2345679", -0.5: "-0.5", 7: "7"}  # fmt: skip


@pytest.mark.parametrize(("value", "text"), NUMBERS.items())
def test_numbers_as_text(value: float, text: str) -> None:
    assert go_number(value) == text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.dates(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.integers(), inner, max_size=4),
        max_leaves=20,
    )
)
def test_what_pyyaml_writes_is_read_as_pyyaml_reads_it(value: Any) -> None:
    text = yaml.safe_dump(value)
    assert read_yaml(text, flavor="python") == yaml.safe_load(text)


SAMPLES = ("<<: {a: 1}\nb: 2\n", "b: &b {a: 1}\nc: {a: 2, <<: *b}\n", "a: 0o17\nb: 1:30\nc: yes\nd: 010\n",
           "? a\n: b\n", "a: |\n  b\n", "a: 1\na: 2\n", "<<: [{a: 1}, {a: 2, b: 3}]\n", "a: !!int '5'\n")  # fmt: skip


@pytest.mark.parametrize("text", SAMPLES)
def test_what_people_write_is_read_as_pyyaml_reads_it(text: str) -> None:
    assert read_yaml(text, flavor="python") == yaml.safe_load(text)


@pytest.mark.parametrize("flavor", ["go", "python"])
@pytest.mark.parametrize(
    "text",
    ["a: &a [*a]\n", "a: *b\n", "a: [\n", "[" * 100_000, "? [a]\n: b\n", "<<: 5\n", "a: !!int x\n", "\x00", "a: @\n",
     "a0: &a0 [b]\n" + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 20)}]\n" for n in range(1, 12)),
     "[" + "a," * 300_000 + "]", "a: 1\n" * 300_000],
    ids=range(12),
)  # fmt: skip
def test_what_is_no_yaml_or_too_much_is_refused_soon(text: str, flavor: Any) -> None:
    started = time.process_time()
    with pytest.raises(Unreadable):
        read_yaml(text, flavor=flavor)
    assert time.process_time() - started < 10
