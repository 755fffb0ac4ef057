package acctest

import (
	"os"
	"os/exec"
	"testing"

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
