// Command computenest-codegen-java writes the SDK for Java of one schema with the engine's own code generator, which
// lives in a module of its own and still asks for an older engine than the others.
//
//	computenest-codegen-java schema.json out   writes out/java
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi-java/pkg/codegen/java"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: computenest-codegen-java schema.json out"))
	}
	text, err := os.ReadFile(os.Args[1])
	fail(err)
	var spec schema.PackageSpec
	fail(json.Unmarshal(text, &spec))
	pkg, diagnostics, err := schema.BindSpec(spec, nil, schema.ValidationOptions{})
	fail(err)
	if diagnostics.HasErrors() {
		fail(diagnostics)
	}
	const isLocal, hasLegacyBuildFiles = false, true
	files, err := java.GeneratePackage("computenest-codegen-java", pkg, nil, nil, isLocal, hasLegacyBuildFiles)
	fail(err)
	for name, content := range files {
		path := filepath.Join(os.Args[2], "java", name)
		fail(os.MkdirAll(filepath.Dir(path), 0o755))
		fail(os.WriteFile(path, content, 0o644))
	}
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
