"""Where the engine comes from: PATH, else Pulumi's own installer, else Go; each said, each bounded. By stand-ins."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

BUILD = Path(__file__).parents[3] / "tools/pulumi/build"
INSTALLS = '#!/bin/sh\nmkdir -p "$2/bin"\nprintf "#!/bin/sh\\necho $1\\n" > "$2/bin/pulumi"\nchmod +x "$2/bin/pulumi"\n'


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A PATH with what the script itself needs: no engine, no Go."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("bash", "env", "cat", "sha256sum", "cut", "dirname", "mkdir", "flock", "mktemp", "rm", "timeout"):
        (folder / tool).symlink_to(str(shutil.which(tool)))
    for tool in ("chmod", "mv", "sh", "sleep"):
        (folder / tool).symlink_to(str(shutil.which(tool)))
    return folder


def run(machine: Path, **more: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PULUMI", "COMPUTENEST"))}
    env = {**kept, "PATH": str(machine), "COMPUTENEST_CACHE": str(machine.parent / "cache"), **more}
    return subprocess.run([str(machine / "bash"), str(BUILD)], env=env, capture_output=True, text=True, timeout=60)


def program(machine: Path, name: str, text: str) -> str:
    file = machine / name
    file.write_text(text)
    file.chmod(0o755)
    return str(file)


def test_the_one_on_the_path_is_taken_where_it_is_new_enough(machine: Path) -> None:
    program(machine, "pulumi", "#!/bin/sh\necho v3.260.1\n")
    program(machine, "pulumi-language-python", "#!/bin/sh\n")
    assert run(machine).stdout.strip() == str(machine)


def test_else_pulumis_own_installer_and_its_engine_is_kept(machine: Path) -> None:
    program(machine, "pulumi", "#!/bin/sh\necho v3.100.0\n")
    program(machine, "pulumi-language-python", "#!/bin/sh\n")
    installer = program(machine, "installer", INSTALLS)
    first = run(machine, COMPUTENEST_PULUMI_INSTALLER=installer)
    assert first.returncode == 0, first.stderr
    assert "by Pulumi's own installer (at most 120 s)" in first.stderr
    assert "installed in" in first.stderr
    again = run(machine, COMPUTENEST_PULUMI_INSTALLER="/nowhere")
    assert (again.stdout, again.stderr) == (first.stdout, "")
    assert Path(first.stdout.strip(), "pulumi").exists()


@pytest.mark.parametrize(("text", "within_s"), [("#!/bin/sh\nexit 1\n", 20), ("#!/bin/sh\nsleep 50\n", 20)])
def test_an_installer_that_fails_or_hangs_is_given_up_and_said(machine: Path, text: str, within_s: float) -> None:
    installer = program(machine, "installer", text)
    began_s = time.monotonic()
    done = run(machine, COMPUTENEST_PULUMI_INSTALLER=installer, COMPUTENEST_INSTALL_S="1")
    assert time.monotonic() - began_s < within_s
    assert done.returncode == 1
    assert "that did not work; the engine is built from its Go modules instead" in done.stderr
    assert "neither pulumi 3.250 or newer nor Go is installed" in done.stderr
    assert not list((machine.parent / "cache").glob(".installing-*"))


def test_the_go_build_can_be_asked_for_at_once(machine: Path) -> None:
    done = run(
        machine, COMPUTENEST_PULUMI="build", COMPUTENEST_PULUMI_INSTALLER=program(machine, "installer", INSTALLS)
    )
    assert "installer" not in done.stderr
    assert "nor Go is installed" in done.stderr
