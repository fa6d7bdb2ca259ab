"""Makes what stack.json describes, with either transport; see described.py."""

import importlib
import json
from functools import reduce
from operator import getitem
from pathlib import Path

import pulumi

data = json.loads(Path("stack.json").read_text())
computenest = importlib.import_module(data["module"])
made = {}


def value(told):
    if isinstance(told, list):
        return [value(one) for one in told]
    if not isinstance(told, dict):
        return told
    if "secret" in told:
        return pulumi.Output.secret(told["secret"])
    if "of" in told:
        found, (output, *below) = made[told["of"]], told["path"] or [None]
        return reduce(getitem, below, getattr(found, output)) if output else found
    if "new" in told:
        arguments = {name: value(one) for name, one in told["with"].items() if name != "kind"}
        return getattr(computenest, told["new"])(**arguments)
    return {name: value(one) for name, one in told.items()}


for name, told in data["resources"].items():
    made[name] = getattr(computenest, told["type"])(name, **value(told["arguments"]))
for name, told in data["outputs"].items():
    pulumi.export(name, value(told))
