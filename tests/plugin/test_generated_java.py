"""The SDK for Java that the engine's generator makes of the schema, built by Maven, and a program on it.

The one for .NET has no test: its generator is a Go module whose checksum the checksum database does not have.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from stack.engine import ROOT

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800)]

POM = """\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>com.example</groupId>
  <artifactId>shop</artifactId>
  <version>1</version>
  <properties>
    <maven.compiler.source>11</maven.compiler.source>
    <maven.compiler.target>11</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies>
    <dependency>
      <groupId>com.pulumi</groupId>
      <artifactId>pulumi</artifactId>
      <version>1.36.1</version>
    </dependency>
    <dependency>
      <groupId>com.google.code.findbugs</groupId>
      <artifactId>jsr305</artifactId>
      <version>3.0.2</version>
    </dependency>
  </dependencies>
</project>
"""
PROGRAM = """\
import com.pulumi.Pulumi;
import com.pulumi.computenest.EcsImagePackage;
import com.pulumi.computenest.EcsImagePackageArgs;
import com.pulumi.computenest.inputs.CustomImageArgs;

public class Shop {
    public static void main(String[] args) {
        Pulumi.run(context -> {
            var source = CustomImageArgs.builder()
                .kind("custom").imageId("m-bp1gold0000000000001").region("cn-hangzhou").build();
            var web = new EcsImagePackage("web", EcsImagePackageArgs.builder()
                .source(source)
                .regions("cn-hangzhou", "cn-beijing")
                .build());
            context.export("images", web.images());
        });
    }
}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Maven project that holds the SDK and a program."""
    if shutil.which("mvn") is None:
        pytest.skip("Maven is not installed")
    folder = tmp_path_factory.mktemp("java")
    built = subprocess.run([ROOT / "tools/pulumi/host", "java-codegen"], check=True, capture_output=True, text=True)
    generator = Path(built.stdout.strip()) / "computenest-codegen-java"
    subprocess.run([generator, ROOT / "sdk/schema.json", folder / "made"], check=True, capture_output=True)
    shutil.copytree(folder / "made/java/src", folder / "project/src")
    (folder / "project/pom.xml").write_text(POM)
    return folder / "project"


def compiled(project: Path, program: str) -> subprocess.CompletedProcess[str]:
    (project / "src/main/java/Shop.java").write_text(program)
    return subprocess.run(["mvn", "-q", "-B", "compile"], cwd=project, capture_output=True, text=True)


def test_a_program_on_the_generated_sdk_compiles(project: Path) -> None:
    done = compiled(project, PROGRAM)
    assert done.returncode == 0, done.stdout
    assert (project / "target/classes/com/pulumi/computenest/ServiceInstance.class").is_file()


def test_what_is_misspelt_does_not(project: Path) -> None:
    done = compiled(project, PROGRAM.replace(".regions(", ".region("))
    assert done.returncode != 0
    assert "Shop.java" in done.stdout
    assert "region(" in done.stdout
