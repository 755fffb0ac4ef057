package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	timeModule  = "github.com/hashicorp/terraform-provider-time"
	timeVersion = "v0.14.2"
)

// benchEnvironment is where the benchmark works: the checkout, and a folder in it that
// is removed at the end.
type benchEnvironment struct {
	root string
	tmp  string
	cli  string
}

// newBenchEnvironment finds the checkout and makes the folder.
func newBenchEnvironment(ctx context.Context) (*benchEnvironment, error) {
	mod, err := output(ctx, ".", nil, "go", "env", "GOMOD")
	if err != nil {
		return nil, err
	}
	w := &benchEnvironment{root: filepath.Dir(mod)}
	if _, err := os.Stat(filepath.Join(w.root, "bench", "README.md")); err != nil {
		return nil, fmt.Errorf("run this inside the checkout: %w", err)
	}
	parent := filepath.Join(w.root, ".cache", "bench")
	if err := os.MkdirAll(parent, 0o750); err != nil {
		return nil, err
	}
	w.tmp, err = os.MkdirTemp(parent, "run-")
	return w, err
}

func (w *benchEnvironment) close() { _ = os.RemoveAll(w.tmp) }

// findCLI asks the script that the tests ask too.
func (w *benchEnvironment) findCLI(ctx context.Context) error {
	if w.cli != "" {
		return nil
	}
	var err error
	w.cli, err = output(ctx, w.root, nil, filepath.Join("scripts", "terraform.sh"))
	return err
}

// output runs a command and returns the first line of its standard output.
func output(ctx context.Context, dir string, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	if strings.Contains(name, string(filepath.Separator)) && !filepath.IsAbs(name) {
		cmd.Path = filepath.Join(dir, name)
		cmd.Err = nil
	}
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	cmd.Env = append(os.Environ(), env...)
	text, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	first, _, _ := bytes.Cut(text, []byte("\n"))
	return string(first), nil
}

// build builds a program of the checkout as a release does, and returns its
// path.
func (w *benchEnvironment) build(ctx context.Context, name, pkg string) (string, error) {
	path := filepath.Join(w.tmp, "bin", name)
	_, err := output(ctx, w.root, []string{"CGO_ENABLED=0"}, "go", "build", "-trimpath", "-o", path, pkg)
	return path, err
}

// installTime builds the provider to compare with.
func (w *benchEnvironment) installTime(ctx context.Context) (string, error) {
	bin := filepath.Join(w.root, ".cache", "bin")
	env := []string{"GOBIN=" + bin, "CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=-trimpath"}
	_, err := output(ctx, w.root, env, "go", "install", timeModule+"@"+timeVersion)
	return filepath.Join(bin, "terraform-provider-time"), err
}

// install puts a program into a folder under the name of a contender's
// provider, and returns settings that make the command line tool take it from
// there.
func (w *benchEnvironment) install(c contender, folder, program string) (string, error) {
	dir := filepath.Join(w.tmp, folder)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	name := filepath.Join(dir, "terraform-provider-"+c.provider)
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	if err := os.Link(program, name); err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, "cli.tfrc"), []byte(fmt.Sprintf(`provider_installation {
  dev_overrides {
    "registry.terraform.io/%[1]s" = %[2]q
    "registry.opentofu.org/%[1]s" = %[2]q
  }
  direct {}
}
`, c.source, dir)), 0o600)
}

// installMetered puts the meter before a contender's provider. It returns the
// settings for the command line tool and the file that the meter writes.
func (w *benchEnvironment) installMetered(c contender, meter, provider string) (tfrc, report string, err error) {
	if c.provider == "" {
		tfrc = filepath.Join(w.tmp, "empty.tfrc")
		return tfrc, "", os.WriteFile(tfrc, nil, 0o600)
	}
	dir, err := w.install(c, "metered-"+c.provider, meter)
	if err != nil {
		return "", "", err
	}
	report = filepath.Join(dir, "report.jsonl")
	text, err := json.Marshal(map[string]string{"provider": provider, "report": report})
	if err != nil {
		return "", "", err
	}
	return filepath.Join(dir, "cli.tfrc"), report, os.WriteFile(filepath.Join(dir, "meter.json"), text, 0o600)
}
