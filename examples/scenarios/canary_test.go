package scenarios_test

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// No secret of a system may come to light, whatever is logged and whether or
// not the server accepts it. The provider is built and started by the command
// line tool, as users do it, because that is how its logs get into a file.
func TestSecretsStaySecret(t *testing.T) {
	rt, d := servers.StartRequestTracker(t), servers.Slapd(t)
	base := d.Unit(t, "canary", d.BaseDN)
	d.Add(t, "uid=ann,"+base, map[string][]string{"objectClass": {"inetOrgPerson"}, "uid": {"ann"}, "cn": {"Ann"}, "sn": {"Archer"}})
	asset := rt.Create(t, "asset", map[string]any{"Name": "canary", "Catalog": "Laptops", "Status": "in-use", "Owner": "ann"})
	configuration, tool := absolute(t, "testdata/canary"), settings(t)
	type secrets struct{ token, password string }
	right := secrets{rt.Token, d.Password}
	for name, c := range map[string]struct {
		given    secrets
		argument bool
		refusal  string
	}{
		"arguments":                  {right, true, ""},
		"environment":                {right, false, ""},
		"a refused token":            {secrets{"1-7-canary-of-a-token", d.Password}, true, "Unable to Read Asset Records"},
		"a refused token outside":    {secrets{"1-7-canary-of-a-token", d.Password}, false, "Unable to Read Asset Records"},
		"a refused password":         {secrets{rt.Token, "canary-of-a-password"}, true, "Unable to Read Directory"},
		"a refused password outside": {secrets{rt.Token, "canary-of-a-password"}, false, "Unable to Read Directory"},
		"a token with a bad shape":   {secrets{"canary\nof a token", d.Password}, true, "Invalid System Configuration"},
		"a padded password":          {secrets{rt.Token, "canary-of-a-password "}, false, "Invalid System Configuration"},
	} {
		t.Run(name, func(t *testing.T) {
			w := acctest.New(t)
			w.CopyDir(configuration)
			for name, value := range map[string]string{"TF_REATTACH_PROVIDERS": "", "TF_CLI_CONFIG_FILE": tool, "TF_LOG": "TRACE", "TF_LOG_PATH": w.Dir + "/trace.log"} {
				w.Setenv(name, value)
			}
			setJSON(t, w, "TF_VAR_request_tracker", map[string]string{"url": rt.URL, "asset": asset})
			setJSON(t, w, "TF_VAR_directory", map[string]string{"url": d.URL, "base_dn": base, "bind_dn": d.Reader})
			if c.argument {
				w.Write("token", c.given.token)
				w.Write("password", c.given.password)
			} else {
				w.Setenv("CUSTODY_CANARY_RT_TOKEN", c.given.token)
				w.Setenv("CUSTODY_HR_PASSWORD", c.given.password)
			}
			var printed bytes.Buffer
			if c.refusal != "" {
				printed.WriteString(w.Plan("-out=saved.tfplan").Exits(1).Says(c.refusal).Output)
				printed.WriteString(w.Plan("-json").Exits(1).Output)
				printed.WriteString(w.TryApply().Exits(1).Output)
			} else {
				printed.WriteString(w.Save().Output)
				printed.WriteString(w.Run("show", "-json", "saved.tfplan").Ok().Output)
				printed.WriteString(w.ApplySaved().Ok().Output)
				printed.WriteString(w.Run("show", "-json").Ok().Output)
				printed.WriteString(w.Plan("-json").Exits(0).Output)
			}
			if log := w.Read("trace.log"); !strings.Contains(log, "tf_rpc=ConfigureProvider") {
				t.Error("the log holds nothing of the provider")
			}
			leaks(t, "output", &printed, c.given.token, c.given.password)
			search(t, w.Dir, c.given.token, c.given.password)
		})
	}
}

// settings builds the provider and returns a settings file with which the
// command line tool starts it.
func settings(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	build := []string{"build", "-o", filepath.Join(dir, "terraform-provider-custody"), absolute(t, "../..")}
	if _, err := servers.Do(t.Context(), absolute(t, "../.."), nil, "go", build...); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "dev.tfrc")
	text := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    %q = %q\n    %q = %q\n  }\n  direct {}\n}\n",
		"registry.terraform.io/custodyhq/custody", dir, "registry.opentofu.org/custodyhq/custody", dir)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// search looks for secrets in all files of a folder but those that hold them on
// purpose.
func search(t *testing.T, dir string, secrets ...string) {
	t.Helper()
	var read []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == "token" || e.Name() == "password" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		read = append(read, e.Name())
		archive, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
		if err != nil {
			leaks(t, e.Name(), bytes.NewReader(text), secrets...)
			return nil
		}
		for _, part := range archive.File {
			opened, err := part.Open()
			if err != nil {
				return err
			}
			leaks(t, e.Name()+": "+part.Name, opened, secrets...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(read, "trace.log") {
		t.Errorf("only %q were searched", read)
	}
}

// leaks fails the test if a text holds a secret, plain or in base64.
func leaks(t *testing.T, where string, text io.Reader, secrets ...string) {
	t.Helper()
	all, err := io.ReadAll(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range secrets {
		for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret))} {
			if i := bytes.Index(all, []byte(form)); i >= 0 {
				t.Errorf("%s holds a secret: %.300q", where, all[max(0, i-150):])
			}
		}
	}
}
