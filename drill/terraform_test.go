package drill

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/drill/check"
	"github.com/custodyhq/terraform-provider-custody/drill/world"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/clock"
)

// module is a folder in which the command line tool works with the provider as a
// process of its own, so that the process can be killed.
type module struct {
	department int
	dir        string
	cli        string
	env        []string
}

// build builds the provider, and returns the settings that make the command line tool
// take it.
func build(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	out, err := exec.Command("go", "build", "-o", filepath.Join(bin, "terraform-provider-custody"), "..").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	settings := filepath.Join(bin, "cli.tfrc")
	write(t, settings, fmt.Sprintf("provider_installation {\n  dev_overrides {\n    \"registry.terraform.io/custodyhq/custody\" = %[1]q\n    \"registry.opentofu.org/custodyhq/custody\" = %[1]q\n  }\n  direct {}\n}\n", bin))
	return settings
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func newModule(t *testing.T, settings string, c *company, department int) *module {
	t.Helper()
	m := &module{department: department, dir: t.TempDir(), cli: acctest.CLI(t)}
	config, err := os.ReadFile("testdata/main.tf")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(m.dir, "main.tf"), string(config))
	people := c.through("people", c.db.Reader, "postgres") + "&search_path=" + c.schema
	m.env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+settings, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1", "TF_INPUT=0",
		"CUSTODY_CMDB_TOKEN="+c.tracker.Token, "CUSTODY_SUPPORT_TOKEN="+c.tracker.Asks, "CUSTODY_CORP_PASSWORD="+c.ldap.Password, "CUSTODY_HR_DSN="+people, "CUSTODY_SHOP_DSN="+c.through("roles", c.role("switcher"), "postgres"))
	return m
}

// variables writes what the configuration is about in this round, and how long a system
// may take to answer.
func (m *module) variables(t *testing.T, c *company, round int, timeout string) {
	t.Helper()
	classes := map[string]string{world.Laptops: "laptop", world.UserAccounts: "user account", world.Applications: "application"}
	read := map[string]string{}
	for _, catalog := range catalogs {
		read[c.catalog(m.department, catalog)] = classes[catalog]
	}
	assets, grants, accounts := map[string]string{}, map[string]any{}, map[string]any{}
	for _, a := range c.Assets {
		if a.Department == m.department {
			assets[a.Name] = c.numbers[a.Name]
		}
	}
	for key, g := range c.Grants {
		if assets[g.Asset] != "" {
			grants[key] = map[string]string{"asset": g.Asset, "access": g.Access, "risk": g.Risk}
		}
	}
	for name, a := range c.Accounts {
		target, subject := "corp", name
		if a.Role {
			target, subject = "shop", c.role(name)
		}
		if grants[a.Grant] != nil {
			accounts[name] = map[string]string{"target": target, "subject": subject, "grant": a.Grant}
		}
	}
	text, err := json.MarshalIndent(map[string]any{
		"plan_time": c.now.Add(time.Duration(round) * time.Minute).Format(time.RFC3339), "timeout": timeout,
		"servers": map[string]any{
			"assets": "http://" + c.proxies["assets"].address, "catalogs": read,
			"accounts": "ldap://" + c.proxies["accounts"].address, "bind_dn": c.ldap.Switcher, "base_dn": c.people,
			"register": c.through("register", c.role("switcher"), c.role("register")), "workspace": fmt.Sprintf("drill-%d", m.department),
		},
		"assets": assets, "grants": grants, "accounts": accounts,
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(m.dir, "terraform.tfvars.json"), string(text))
}

// run runs the command line tool and returns its exit code and what it wrote. step is
// called with each line and the process.
func (m *module) run(t *testing.T, step func(line string, pid int), args ...string) (code int, output string) {
	t.Helper()
	began := clock.System{}.Now()
	cmd := exec.Command(m.cli, args...)
	cmd.Dir, cmd.Env = m.dir, m.env
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Error(err)
		return -1, ""
	}
	var problems bytes.Buffer
	cmd.Stderr = &problems
	if err := cmd.Start(); err != nil {
		t.Error(err)
		return -1, ""
	}
	var text strings.Builder
	lines := bufio.NewScanner(pipe)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		text.WriteString(lines.Text() + "\n")
		if step != nil {
			step(lines.Text(), cmd.Process.Pid)
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Error(err)
	}
	t.Logf("%s took %.1f s, and the tool %.1f s of the processor", args[0], clock.System{}.Now().Sub(began).Seconds(), (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds())
	return cmd.ProcessState.ExitCode(), text.String() + problems.String()
}

// apply applies, and calls step for each line that the command line tool writes.
func (m *module) apply(t *testing.T, step func(line string, pid int)) (code int, output string) {
	t.Helper()
	return m.run(t, step, "apply", "-auto-approve", "-json")
}

// settle applies until nothing is left to do.
func (m *module) settle(t *testing.T) {
	t.Helper()
	const most = 3
	for range most {
		if code, output := m.apply(t, nil); code != 0 {
			t.Fatalf("a clean apply ended with %d:\n%s", code, problems(output))
		}
		code, output := m.run(t, nil, "plan", "-detailed-exitcode", "-no-color")
		if code == 0 {
			return
		}
		t.Logf("the plan after a clean apply ended with %d:\n%s", code, output)
	}
	t.Fatalf("there is something to do after %d applies", most)
}

// problems are the lines of an output that report errors.
func problems(output string) string {
	var out []string
	for line := range strings.Lines(output) {
		if strings.Contains(line, `"@level":"error"`) || !strings.HasPrefix(line, "{") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

func (m *module) statePath() string { return filepath.Join(m.dir, acctest.StateFile) }

// state returns the file of state. It is no JSON if the tool was killed while it wrote it.
func (m *module) state(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile(m.statePath())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// read adds what the state holds.
func (m *module) read(t *testing.T, into check.State) {
	t.Helper()
	if err := into.Read(m.state(t)); err != nil {
		t.Fatal(err)
	}
}

// twin returns a second folder with the same configuration and state.
func (m *module) twin(t *testing.T) *module {
	t.Helper()
	other := &module{dir: t.TempDir(), cli: m.cli, env: m.env}
	if err := os.CopyFS(other.dir, os.DirFS(m.dir)); err != nil {
		t.Fatal(err)
	}
	return other
}

// providers are the processes that the command line tool has started.
func providers(tool int) []int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	var out []int
	for _, path := range stats {
		text, err := os.ReadFile(path)
		_, after, ok := strings.Cut(string(text), ") ")
		if fields := strings.Fields(after); err == nil && ok && len(fields) > 1 && fields[1] == strconv.Itoa(tool) {
			if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
				out = append(out, pid)
			}
		}
	}
	return out
}

func kill(pids ...int) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}
