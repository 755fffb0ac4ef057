package acctest

import (
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/hashicorp/go-version"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// Require says that a test needs a server or a tool that this machine may lack.
// Without it the test is skipped, and fails if CUSTODY_REQUIRE, a list separated
// by commas, names it: a skip must not pass unnoticed where everything is meant
// to be there.
func Require(t testing.TB, name string, present bool, remedy string) {
	t.Helper()
	servers.Require(t, name, present, remedy)
}

// CLI returns the path of the command line tool under test.
func CLI(t testing.TB) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CUSTODY_TERRAFORM"), "terraform", "tofu"} {
		if name == "" {
			continue
		}
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Require(t, "terraform", false, "install terraform or tofu, or run make test, which builds one")
	return ""
}

// SkipWithoutEphemeral skips a test of ephemeral resources if the command line tool
// under test is older than them: Terraform 1.10, OpenTofu 1.11.
func SkipWithoutEphemeral(t testing.TB) {
	t.Helper()
	out, err := exec.Command(CLI(t), "version", "-json").Output()
	var said struct {
		Version string `json:"terraform_version"`
	}
	if err == nil {
		err = json.Unmarshal(out, &said)
	}
	if err != nil {
		t.Fatal(err)
	}
	v, err := version.NewVersion(said.Version)
	if err != nil {
		t.Fatal(err)
	}
	first := "1.10.0"
	if IsOpenTofu(t) {
		first = "1.11.0"
	}
	if v.Core().LessThan(version.Must(version.NewVersion(first))) {
		t.Skipf("version %s has no ephemeral resources; %s has", v, first)
	}
}

// IsOpenTofu reports whether the command line tool under test is OpenTofu.
func IsOpenTofu(t testing.TB) bool {
	t.Helper()
	out, err := exec.Command(CLI(t), "version").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.HasPrefix(string(out), "OpenTofu")
}
