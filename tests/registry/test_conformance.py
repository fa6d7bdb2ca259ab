"""The OCI distribution conformance suite, unmodified, through the authorization service.

distribution 2.8 is older than OCI 1.1, so some groups fail, and only those: digests by SHA-512, subjects and their
referrers, a chunk that comes out of order, layers that are not to be distributed, and a digest that is none (404 rather
than 400). Nothing else may.
"""

from __future__ import annotations

import re
import subprocess
from xml.etree import ElementTree as ET

import pytest

from registry.world import ROOT, clean_environment, nest_key

KNOWN = re.compile(
    "sha512|with-subject|missing-subject|referrers|out-of-order|non-?distributable|invalid-digest-format"
)
SUITE = "github.com/opencontainers/distribution-spec/conformance"


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_suite(cloud, tmp_path):
    source = ROOT / "tools/registry/conformance"
    program = str(tmp_path / "conformance")
    subprocess.run(["go", "build", "-mod=readonly", "-trimpath", "-o", program, SUITE], cwd=source, check=True)
    key = nest_key(cloud)
    settings = {
        "OCI_VERSION": "1.1",
        "OCI_REGISTRY": key.host,
        "OCI_TLS": "disabled",
        "OCI_REPO1": f"{key.namespace}/repo1",
        "OCI_REPO2": f"{key.namespace}/repo2",
        "OCI_USERNAME": key.username,
        "OCI_PASSWORD": key.password,
        "OCI_RESULTS_DIR": str(tmp_path / "results"),
        "OCI_LOG": "warn",
    }
    said = subprocess.run(
        [program], env=clean_environment(tmp_path) | settings, cwd=tmp_path, capture_output=True, text=True, timeout=500
    )
    failed = set(re.findall(r'msg="failed test" name="([^"]*)"', said.stdout + said.stderr))
    unknown = sorted(name for name in failed if not KNOWN.search(name))
    head = ET.parse(tmp_path / "results" / "junit.xml").getroot()
    print({key: head.get(key) for key in ("tests", "failures", "skipped", "disabled")})  # noqa: T201 - the record
    assert int(head.get("tests", "0")) > 800
    assert not unknown, unknown
