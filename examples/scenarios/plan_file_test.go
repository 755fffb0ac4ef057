package scenarios_test

import (
	"archive/zip"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

// TestSecretsInSavedPlans holds the table of "Connecting your asset system" to
// what the command line tool writes into a saved plan.
func TestSecretsInSavedPlans(t *testing.T) {
	const secret = "canary-of-a-token"
	for name, c := range map[string]struct {
		declared, argument string
		held               bool
	}{
		"environment": {"", "null", false},
		"ephemeral":   {"variable \"token\" {\n  type      = string\n  ephemeral = true\n}\n", "var.token", false},
		"file":        {"", `trimspace(file("token"))`, false},
		"sensitive":   {"variable \"token\" {\n  type      = string\n  sensitive = true\n}\n", "var.token", true},
		"literal":     {"", `"` + secret + `"`, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("CUSTODY_ASSETS_TOKEN", secret) // the provider is in this process
			w := acctest.New(t)
			w.Setenv("TF_VAR_token", secret)
			w.Write("token", secret+"\n")
			w.Write("main.tf", c.declared+`
terraform {
  required_providers {
    custody = { source = "custodyhq/custody" }
  }
}

provider "custody" {
  systems = {
    assets = { snipeit = { url = "https://assets.example.org", token = `+c.argument+` } }
  }
  plan_time = "2030-01-15T09:00:00Z"
}

data "custody_policy" "baseline" {}
`)
			if name == "ephemeral" && w.Run("validate", "-no-color").Code != 0 {
				t.Skip("this command line tool knows no ephemeral variables")
			}
			w.Save()
			if got := planHolds(t, filepath.Join(w.Dir, "saved.tfplan"), secret); got != c.held {
				t.Errorf("the saved plan holds the secret: %t, and the page says %t", got, c.held)
			}
		})
	}
}

// planHolds reports whether any part of a saved plan holds a text.
func planHolds(t *testing.T, plan, text string) bool {
	t.Helper()
	archive, err := zip.OpenReader(plan)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close() //nolint:errcheck // nothing was written
	for _, part := range archive.File {
		opened, err := part.Open()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(opened)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(data), text) {
			return true
		}
	}
	return false
}
