"""Automated updates with Pulumi's Automation API: preview, report, and `up` only where there is something to do.

    python automate.py PROJECT_FOLDER STACK REPORT.md

A pull-request job runs it with `--dry-run` and posts the report; the job on the main branch runs it without.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from pulumi import automation

from computenest.review.report import markdown, read_preview


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path)
    parser.add_argument("stack")
    parser.add_argument("report", type=Path)
    parser.add_argument("--dry-run", action="store_true", help="preview and report only")
    given = parser.parse_args(arguments)

    stack = automation.create_or_select_stack(stack_name=given.stack, work_dir=str(given.project))
    workspace = stack.workspace
    shown = workspace.pulumi_command.run(
        ["preview", "--json", "--stack", given.stack, "--non-interactive"], workspace.work_dir, workspace.env_vars
    )
    preview = read_preview(json.loads(shown.stdout))
    given.report.write_text(markdown(preview), encoding="utf-8")
    if preview.errors:
        return 1
    if not preview.has_changes:
        print("nothing to do")
        return 0
    if given.dry_run:
        print(f"changes are reported in {given.report}; nothing is done")
        return 0
    result = stack.up(on_output=print)
    print(f"updated: {result.summary.resource_changes}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
