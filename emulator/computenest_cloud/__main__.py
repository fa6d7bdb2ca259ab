"""`python -m computenest_cloud serve|fidelity`."""

import argparse
import sys
from pathlib import Path

import yaml
from pydantic import ValidationError

from computenest_cloud import VERSION, fidelity
from computenest_cloud.faults import RULES, FaultRule
from computenest_cloud.rules import UnknownRuleError
from computenest_cloud.seeding import SeedError
from computenest_cloud.server import Settings, run
from computenest_cloud.store.database import StateFileBusyError
from computenest_cloud.store.sealing import SealedStateError


def _switch(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"KEY=VALUE is expected, not {text!r}")
    return key, value


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="computenest_cloud", description="The embedded cloud.")
    parser.add_argument("--version", action="version", version=VERSION)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("fidelity", help="print the page about what is modelled, and how surely (Markdown)")
    serve = commands.add_parser("serve", help="serve on the loopback interface until SIGTERM")
    serve.add_argument("--port", type=int, default=0, help="0: a free one")
    serve.add_argument("--prefer-port", type=int, default=0, help="where it is free, instead of --port")
    serve.add_argument("--state", type=Path, required=True, help="SQLite file; kept between runs")
    serve.add_argument("--handle", type=Path, required=True, help="JSON file, written when the server answers")
    serve.add_argument("--time-scale", type=float, default=1.0, help="emulated seconds a real second")
    serve.add_argument("--virtual", action="store_true", help="time stands still until the control plane moves it")
    serve.add_argument("--seed", type=int, default=1, help="of every id; kept in the state file from its first use")
    serve.add_argument("--faults", type=Path, help="JSON or YAML list of fault rules")
    serve.add_argument("--switch", type=_switch, action="append", default=[], metavar="KEY=VALUE")
    serve.add_argument(
        "--host", action="append", default=[], metavar="NAME", help="a name it answers to, besides its own"
    )
    serve.add_argument("--init", type=Path, metavar="FOLDER", help="seed files, put in once for each state, by name")
    return parser


def _read_faults(path: Path | None) -> tuple[FaultRule, ...] | None:
    if path is None:
        return None
    return tuple(RULES.validate_python(yaml.safe_load(path.read_text("utf-8")) or []))


def settings_of(arguments: argparse.Namespace) -> Settings:
    """What the words of `serve` say."""
    return Settings(
        state=arguments.state,
        handle=arguments.handle,
        port=arguments.port,
        preferred_port=arguments.prefer_port,
        time_scale=arguments.time_scale,
        is_virtual=arguments.virtual,
        seed=arguments.seed,
        faults=_read_faults(arguments.faults),
        switches=dict(arguments.switch),
        hosts=tuple(arguments.host),
        init=arguments.init,
    )


def main() -> int:
    arguments = parser().parse_args()
    if arguments.command == "fidelity":
        sys.stdout.write(fidelity.page())
        return 0
    if arguments.time_scale <= 0:
        sys.stderr.write("--time-scale must be greater than 0 (use --virtual for time that stands still)\n")
        return 2
    try:
        run(settings_of(arguments))
    except (
        OSError,
        SeedError,
        SealedStateError,
        StateFileBusyError,
        UnknownRuleError,
        ValidationError,
        yaml.YAMLError,
    ) as error:
        sys.stderr.write(f"computenest_cloud: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
