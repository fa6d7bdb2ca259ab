"""What a template says for given parameters: conditions decided, functions computed. fact: ros-002 to ros-006

Ids of resources are functions of where they are declared, so that references need no order. What this cloud cannot
know (an address, an unknown function) is a readable placeholder; nothing here asks the cloud anything.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from computenest_cloud.catalogue import zones
from computenest_cloud.errors import ServiceError
from computenest_cloud.services.ros import parameters
from computenest_cloud.services.ros.errors import error
from computenest_cloud.services.ros.functions import FUNCTIONS, text, truth
from computenest_cloud.services.ros.loading import checked, parse_template
from computenest_cloud.services.ros.order import Order
from computenest_cloud.wire.values import whole_number

DEPTH_LIMIT = 60
NO_VALUE = object()
SUB = re.compile(r"\$\{(!?)([^}]*)\}")
NESTED = "ALIYUN::ROS::Stack"
HOLDERS = frozenset({NESTED, "ALIYUN::ROS::StackGroup"})  # their TemplateBody is a template of its own
GROUPS = frozenset({"ALIYUN::ECS::InstanceGroup", "ALIYUN::ECS::InstanceGroupClone"})
SINGLE = frozenset({"ALIYUN::ECS::Instance", "ALIYUN::ECS::InstanceClone"})
MEMBER_LIMIT = 1000
STEPS_LIMIT = 1_000_000
VALUE_LIMIT = 1 << 20


def _is_unknown(value: Any) -> bool:
    """Whether a placeholder of something that this cloud cannot know is among it."""
    if isinstance(value, list):
        return any(map(_is_unknown, value))
    return isinstance(value, str) and value.startswith("<") and value.endswith(">")


@dataclass(frozen=True)
class Scope:
    """Where a stack is evaluated. `identify(logical_id, type, number)`: the id of a resource, or of its member."""

    region: str
    stack_id: str
    stack_name: str
    uid: str
    began_at: float
    identify: Callable[[str, str, int], str]
    read_url: Callable[[str], str | None]
    nest: Callable[[str], "Scope"]


@dataclass(frozen=True)
class Declared:
    logical_id: str
    resource_type: str
    properties: Mapping[str, Any]
    physical_id: str
    members: tuple[str, ...]
    raw: Mapping[str, Any]


class Evaluation:
    def __init__(self, template: Mapping[str, Any], given: Mapping[str, Any], scope: Scope) -> None:
        self._template = template
        self.scope = scope
        self._depth = 0
        self._steps = 0
        self._nested: dict[str, Evaluation] = {}
        self._order = Order()
        self.parameters = {name: parameters.read(name, spec, given) for name, spec in self._section("Parameters")}
        unknown = sorted(set(given) - set(self.parameters))
        if unknown:
            raise error("UnknownUserParameter", f"The Parameter ({unknown[0]}) was not defined in template.")
        for name, rule in self._section("Rules"):
            self._check_rule(name, rule)

    def _section(self, name: str) -> list[tuple[str, Any]]:
        return [(key, value) for key, value in (self._template.get(name) or {}).items() if isinstance(value, dict)]

    def _fail(self, message: str) -> Exception:
        return error("StackValidationFailed", message)

    def _check_rule(self, name: str, rule: Mapping[str, Any]) -> None:
        if "RuleCondition" in rule and not self.condition(rule["RuleCondition"]):
            return
        assertions = rule.get("Assertions")
        for assertion in assertions if isinstance(assertions, list) else ():
            if isinstance(assertion, dict) and not self.condition(assertion.get("Assert")):
                why = text(assertion.get("AssertDescription")) or "an assertion does not hold"
                raise self._fail(f"The Rule ({name}) is not met: {why}")

    # --- values

    def value(self, node: Any, *, index: int = 0) -> Any:
        self._depth += 1
        self._steps += 1
        try:
            if self._depth > DEPTH_LIMIT:
                raise error("CircularDependency", "The template refers to itself, or is nested too deeply.")
            if self._steps > STEPS_LIMIT:
                raise self._fail(f"The template takes more than {STEPS_LIMIT} steps.")
            if isinstance(node, list):
                kept = [self.value(entry, index=index) for entry in node]
                return [entry for entry in kept if entry is not NO_VALUE]
            if not isinstance(node, dict):
                return node
            if len(node) == 1:
                ((name, argument),) = node.items()
                if name == "Ref" and isinstance(argument, str):
                    return self._ref(argument, index)
                if name.startswith("Fn::"):
                    return self._function(name[4:], argument, index)
            found = {key: self.value(entry, index=index) for key, entry in node.items()}
            return {key: entry for key, entry in found.items() if entry is not NO_VALUE}
        finally:
            self._depth -= 1

    def filled(self, node: Any, index: int = 0) -> Any:
        """Where nothing can be left out, NoValue is null."""
        found = self.value(node, index=index)
        return None if found is NO_VALUE else found

    def _ref(self, name: str, index: int) -> Any:
        pseudo = {
            "ALIYUN::Region": self.scope.region,
            "ALIYUN::StackId": self.scope.stack_id,
            "ALIYUN::StackName": self.scope.stack_name,
            "ALIYUN::AccountId": self.scope.uid,
            "ALIYUN::TenantId": self.scope.uid,
            "ALIYUN::NoValue": NO_VALUE,
            "ALIYUN::Index": index,
        }
        if name in pseudo:
            return pseudo[name]
        if name in self.parameters:
            return self.parameters[name]
        if name in (self._template.get("Resources") or {}):
            self._order.needs(name)
            return self._physical(name)
        if name in (self._template.get("Locals") or {}):
            return self._local(name, index)
        if name.startswith("ALIYUN::"):
            return f"<{name}>"
        raise error("InvalidTemplateReference", f"The specified reference ({name}) is incorrect.")

    def _local(self, name: str, index: int) -> Any:
        """A macro or a value; what a data source would find is not known here."""
        local = self._template["Locals"][name]
        is_value = isinstance(local, dict) and str(local.get("Type", "Macro")) in {"Macro", "Eval"}
        return self.value(local.get("Value"), index=index) if is_value else f"<{name}>"

    def _physical(self, logical_id: str) -> str:
        resource = self._template["Resources"][logical_id]
        return self.scope.identify(logical_id, str(resource.get("Type", "")), 0)

    def _function(self, name: str, argument: Any, index: int) -> Any:
        if name == "If":
            return self._if(argument, index)
        if name == "GetAtt":
            return self._get_att(argument, index)
        if name == "Sub":
            return self._sub(argument, index)
        given = self.filled(argument, index)
        parts = given if isinstance(given, list) and given else [given]
        if name in FUNCTIONS:
            return self._bounded(self._computed(name, parts))
        return self._function_of_the_template(name, parts)

    @staticmethod
    def _computed(name: str, parts: list[Any]) -> Any:
        try:
            return FUNCTIONS[name](parts)
        except ServiceError:
            if _is_unknown(parts):
                return f"<Fn::{name}>"
            raise
        except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError) as failure:
            said = text(parts)[:200]
            raise error("StackValidationFailed", f"Fn::{name} cannot take {said}.") from failure

    def _function_of_the_template(self, name: str, parts: list[Any]) -> Any:
        match name:
            case "FindInMap":
                return self._find_in_map(parts)
            case "And":
                return all(self._is_true(part) for part in parts)
            case "Or":
                return any(self._is_true(part) for part in parts)
            case "Not":
                return not self._is_true(parts[0])
            case "GetAZs":
                return zones(self.scope.region)
            case "FormatTime":
                return self._format_time(parts)
        return f"<Fn::{name}>"

    def _format_time(self, parts: list[Any]) -> str:
        """The stack's own beginning: another evaluation of the same stack says the same."""
        zone: tzinfo = UTC
        if len(parts) > 1:
            try:
                zone = ZoneInfo(text(parts[1]))
            except (KeyError, ValueError, OSError) as failure:  # a name becomes a file's
                raise self._fail(f"Fn::FormatTime knows no time zone {text(parts[1])[:100]!r}.") from failure
        try:
            return datetime.fromtimestamp(self.scope.began_at, zone).strftime(text(parts[0]))
        except ValueError as failure:
            raise self._fail(f"Fn::FormatTime cannot take {text(parts[0])[:100]!r}.") from failure

    def _is_true(self, part: Any) -> bool:
        return self.condition(part) if isinstance(part, str) else truth(part)

    def condition(self, node: Any) -> bool:
        """A name in Conditions, a function, or a plain value."""
        if isinstance(node, str):
            conditions = self._template.get("Conditions") or {}
            named: list[str] = []
            while node in conditions:
                if node in named:
                    raise error("CircularDependency", f"Circular Dependency Found: {' -> '.join((*named, node))}")
                named.append(node)
                found = self.filled(conditions[node])
                if not isinstance(found, str) or found not in conditions:
                    return truth(found)
                node = found
            if node.lower() in {"true", "false", ""}:
                return truth(node)
            raise self._fail(f"The condition ({node}) is not defined.")
        if isinstance(node, dict) and set(node) == {"Condition"}:
            return self.condition(node["Condition"])
        return truth(self.filled(node))

    def _if(self, argument: Any, index: int) -> Any:
        if not isinstance(argument, list) or len(argument) not in {2, 3}:
            raise self._fail("Fn::If takes a condition and two values.")
        chosen = argument[1] if self.condition(argument[0]) else argument[2] if len(argument) > 2 else NO_VALUE
        return self.value(chosen, index=index)

    def _find_in_map(self, parts: list[Any]) -> Any:
        found: Any = self._template.get("Mappings") or {}
        for part in parts[:3]:
            if not isinstance(found, dict) or text(part) not in found:
                raise self._fail(f"Fn::FindInMap finds nothing for {'/'.join(map(text, parts))}.")
            found = found[text(part)]
        return found

    def _sub(self, argument: Any, index: int) -> str:
        has_names = isinstance(argument, list) and len(argument) > 1
        pattern, extra = (argument[0], argument[1]) if has_names else (argument, {})
        pattern = pattern[0] if isinstance(pattern, list) and pattern else pattern

        def replace(match: re.Match[str]) -> str:
            name = match[2].strip()
            if match[1]:
                return f"${{{name}}}"
            if isinstance(extra, dict) and name in extra:
                return text(self.filled(extra[name], index))
            if "." in name:
                return text(self._get_att(name, index))
            return text(self.filled({"Ref": name}, index))

        return str(self._bounded(SUB.sub(replace, text(pattern))))

    def _bounded(self, value: Any) -> Any:
        """What functions make of each other's results doubles with each of them."""
        if isinstance(value, str | list) and len(value) > VALUE_LIMIT:
            raise self._fail(f"A function makes a value of more than {VALUE_LIMIT} characters or entries.")
        return value

    def _get_att(self, argument: Any, index: int) -> Any:
        given = argument.split(".", 1) if isinstance(argument, str) else self.filled(argument, index)
        if not isinstance(given, list) or not given:
            raise self._fail("Fn::GetAtt takes a resource and an attribute.")
        logical_id, attribute = text(given[0]), ".".join(text(part) for part in given[1:])
        resource = (self._template.get("Resources") or {}).get(logical_id)
        if not isinstance(resource, dict):
            raise error("InvalidTemplateReference", f"The specified reference ({logical_id}.{attribute}) is incorrect.")
        self._order.needs(logical_id)
        kind = str(resource.get("Type", ""))
        if kind == NESTED and attribute.startswith("Outputs."):
            return self.nested(logical_id).outputs().get(attribute.removeprefix("Outputs."), "")
        if attribute == "InstanceIds":
            return list(self._members(logical_id, kind, resource, 0))
        if attribute.endswith(("Id", "Ids")):
            return self._physical(logical_id)
        return f"<{logical_id}.{attribute}>"

    # --- resources

    def _members(self, logical_id: str, kind: str, resource: Mapping[str, Any], index: int) -> tuple[str, ...]:
        if kind in SINGLE:
            return (self.scope.identify(logical_id, kind, 0),)
        if kind not in GROUPS:
            return ()
        amount = text(self.filled((resource.get("Properties") or {}).get("MaxAmount", 1), index))
        number = whole_number(amount.partition(".")[0])
        count = 1 if number is None else min(number, MEMBER_LIMIT)
        return tuple(self.scope.identify(logical_id, kind, number) for number in range(1, count + 1))

    def nested(self, logical_id: str) -> "Evaluation":
        if logical_id not in self._nested:
            properties = self._template["Resources"][logical_id].get("Properties") or {}
            with self._order.of(logical_id):
                template = nested_template(self, properties)
                given = self.value(properties.get("Parameters") or {})
            if not isinstance(given, dict):
                raise self._fail(f"Parameters of the nested stack ({logical_id}) is not a map.")
            scope = self.scope.nest(self._physical(logical_id))
            self._nested[logical_id] = Evaluation(template, given, scope)
        return self._nested[logical_id]

    def in_turn(self) -> list[Declared]:
        """The same, in the order in which they are made. fact: ros-005"""
        found, rank = self.resources(), self._order.rank()
        return sorted(found, key=lambda declared: rank.get(declared.logical_id, len(rank)))

    def resources(self) -> list[Declared]:
        """Those whose condition holds, in the template's order; `Count` makes several of one."""
        found = []
        for logical_id, resource in self._section("Resources"):
            kind = str(resource.get("Type", ""))
            if not kind:
                raise self._fail(f"The resource ({logical_id}) has no Type.")
            if "Condition" in resource and not self.condition(resource["Condition"]):
                continue
            count = text(self.filled(resource["Count"])) if "Count" in resource else ""
            copies = whole_number(count)
            if copies is not None and copies > MEMBER_LIMIT:
                raise self._fail(f"The resource ({logical_id}) has a Count of more than {MEMBER_LIMIT}.")
            names = [logical_id] if copies is None else [f"{logical_id}[{n}]" for n in range(copies)]
            with self._order.of(logical_id, depends_on=resource.get("DependsOn")):
                found += [self._declared(name, kind, resource, index) for index, name in enumerate(names)]
        self._order.check()
        return found

    def _declared(self, name: str, kind: str, resource: Mapping[str, Any], index: int) -> Declared:
        properties = dict(resource.get("Properties") or {})
        if kind in HOLDERS:
            properties.pop("TemplateBody", None)
        found = self.filled(properties, index)
        return Declared(
            logical_id=name,
            resource_type=kind,
            properties=found if isinstance(found, dict) else {},
            physical_id=self.scope.identify(name, kind, 0),
            members=self._members(name, kind, resource, index),
            raw=resource,
        )

    def outputs(self) -> dict[str, Any]:
        found = {}
        for name, output in self._section("Outputs"):
            if "Condition" not in output or self.condition(output["Condition"]):
                found[name] = self.filled(output.get("Value"))
        return found


def nested_template(evaluation: Evaluation, properties: Mapping[str, Any]) -> dict[str, Any]:
    """TemplateBody as a map is a template of its own; as text, and TemplateURL, it is read. fact: ros-006"""
    body = properties.get("TemplateBody")
    if isinstance(body, dict) and "ROSTemplateFormatVersion" in body:
        return checked(body)
    if body:
        return parse_template(text(evaluation.filled(body)))
    url = text(evaluation.filled(properties.get("TemplateURL")))
    content = evaluation.scope.read_url(url)
    if content is None:
        raise error("InvalidSchema", f"The template of the nested stack cannot be read ({url}).")
    return parse_template(content)
