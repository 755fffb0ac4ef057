package acctest

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// Require says that a test needs a server or a tool that this machine may lack.
// Without it the test is skipped, and fails if CUSTODY_REQUIRE, a list separated
// by commas, names it: a skip must not pass unnoticed where everything is meant
// to be there.
func Require(t testing.TB, name string, present bool, remedy string) {
	t.Helper()
	if present {
		return
	}
	if slices.Contains(strings.Split(os.Getenv("CUSTODY_REQUIRE"), ","), name) {
		t.Fatalf("CUSTODY_REQUIRE names %s, but it is not there: %s", name, remedy)
	}
	t.Skipf("%s is not there: %s", name, remedy)
}

// cli returns the path of the command line tool under test.
func cli(t testing.TB) string {
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
