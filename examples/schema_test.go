package examples_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

// providerSchema asks the command line tool for the provider's schema.
func providerSchema(t *testing.T) *tfjson.ProviderSchema {
	t.Helper()
	w := acctest.New(t)
	w.Write("main.tf", "terraform {\n  required_providers {\n    custody = { source = \"custodyhq/custody\" }\n  }\n}\n")
	out := w.Run("providers", "schema", "-json").Ok().Output
	var all tfjson.ProviderSchemas
	if err := all.UnmarshalJSON([]byte(out)); err != nil {
		t.Fatal(err)
	}
	for address, schema := range all.Schemas {
		if strings.HasSuffix(address, "/custodyhq/custody") {
			return schema
		}
	}
	t.Fatal("the schema of the provider is not there")
	return nil
}

// TestEverythingIsDescribed demands a description, and an example, of everything
// that a user can write or read.
func TestEverythingIsDescribed(t *testing.T) {
	here := absolute(t, ".")
	schema := providerSchema(t)
	describe(t, "provider", schema.ConfigSchema.Block)
	for kind, schemas := range map[string]map[string]*tfjson.Schema{
		"resources/%s/resource.tf": schema.ResourceSchemas, "data-sources/%s/data-source.tf": schema.DataSourceSchemas,
		"ephemeral-resources/%s/ephemeral-resource.tf": schema.EphemeralResourceSchemas,
	} {
		for name, s := range schemas {
			describe(t, name, s.Block)
			example := filepath.Join(here, filepath.FromSlash(strings.ReplaceAll(kind, "%s", name)))
			if _, err := os.Stat(example); err != nil {
				t.Errorf("%s has no example: %v", name, err)
			}
		}
	}
}

func describe(t *testing.T, at string, block *tfjson.SchemaBlock) {
	t.Helper()
	if block.Description == "" {
		t.Errorf("%s is not described", at)
	}
	for name, a := range block.Attributes {
		describeAttribute(t, at+"."+name, a)
	}
	for name := range block.NestedBlocks {
		t.Errorf("%s.%s is a block; attributes are used instead", at, name)
	}
}

func describeAttribute(t *testing.T, at string, a *tfjson.SchemaAttribute) {
	t.Helper()
	if d := a.Description; len(d) < len("Why.") || !strings.HasSuffix(d, ".") {
		t.Errorf("%s is not described by a sentence: %q", at, d)
	}
	if a.AttributeNestedType == nil {
		return
	}
	for name, nested := range a.AttributeNestedType.Attributes {
		describeAttribute(t, at+"."+name, nested)
	}
}
