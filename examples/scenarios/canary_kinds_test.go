package scenarios_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// session is the session that echoServer gives out for a login.
const session = "canary-of-a-session"

// echoServer is the worst of servers: it fails for every request but a login, and
// repeats in its answer all that it was told, in every encoding and in every
// place that a description takes a message from.
type echoServer struct{ status atomic.Int32 }

func (p *echoServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if strings.HasSuffix(r.URL.Path, "/initSession") || strings.HasSuffix(r.URL.Path, "/oauth/token") {
		fmt.Fprintf(w, `{"session_token": %[1]q, "access_token": %[1]q, "token_type": "Bearer", "expires_in": 600}`, session)
		return
	}
	said, _ := io.ReadAll(r.Body)
	heard := []string{string(said)}
	for _, values := range r.Header {
		for _, value := range values {
			heard = append(heard, value, strings.TrimPrefix(value, "Bearer "), strings.TrimPrefix(value, "token "))
		}
	}
	if user, password, ok := r.BasicAuth(); ok {
		heard = append(heard, user, password)
	}
	status := int(p.status.Load())
	var all []string
	for _, text := range heard {
		all = slices.AppendSeq(all, maps.Values(systemtest.Encodings(text)))
		if status >= 400 {
			all = slices.AppendSeq(all, maps.Values(systemtest.UnknownEncodings(text)))
		}
	}
	slices.SortFunc(all, func(a, b string) int { return len(a) - len(b) })
	text := strings.Join(all, " ")
	w.Header().Set("WWW-Authenticate", strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, text[:min(len(text), 4000)]))
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"status": "error", "message": text, "messages": text, "detail": text, "error": map[string]any{"message": text}, "errors": []any{map[string]any{"code": text}},
	})
}

const toolcrib = `name: toolcrib
auth:
  - fields: [token]
    headers: { X-Crib-Token: "{token}" }
assets:
  id: item.code
  get:
    - path: /items/{id}
      not_found: status == 404
      item: body
  list:
    - path: /items
      items: body.items
      total: number(body.total)
  fields:
    owners: item.holder
`

// Nor may the secret of any other kind come to light, although its server
// repeats it in an error.
func TestSecretsOfEveryKindStaySecret(t *testing.T) {
	repeats := &echoServer{}
	server := httptest.NewServer(repeats)
	t.Cleanup(server.Close)
	db, tool := servers.Postgres(t), settings(t)
	reach := fmt.Sprintf("url = %q", server.URL)
	dsn := func(secret string) string {
		return strings.Replace(db.PostgresURL(db.Reader), db.Password, url.QueryEscape(secret), 1)
	}
	for name, c := range map[string]struct {
		kind, also string
		fields     []string
		id         string
	}{
		"backstage":                      {"backstage", reach, []string{"token"}, "component:default/billing"},
		"glpi":                           {"glpi", reach, []string{"user_token", "app_token"}, "17"},
		"jamf":                           {"jamf", reach, []string{"client_id", "client_secret"}, "17"},
		"jamf with a token":              {"jamf", reach, []string{"token"}, "17"},
		"netbox":                         {"netbox", reach, []string{"token"}, "17"},
		"request_tracker":                {"request_tracker", reach, []string{"token"}, "17"},
		"rest":                           {"rest", reach + "\n      description = file(\"toolcrib.yaml\")", []string{"secrets.token"}, "TC-7"},
		"scim":                           {"scim", reach, []string{"token"}, ""},
		"servicenow":                     {"servicenow", reach, []string{"username", "password"}, "P1000001"},
		"servicenow with a key":          {"servicenow", reach, []string{"api_key"}, "P1000001"},
		"snipeit":                        {"snipeit", reach, []string{"token"}, "17"},
		"sql with a string that is none": {"sql", `driver = "postgresql"` + "\n      assets = \"SELECT 1\"", []string{"dsn"}, "17"},
		"sql with another password":      {"sql", `driver = "postgresql"` + "\n      assets = \"SELECT 1\"", []string{"dsn"}, "17"},
	} {
		t.Run(name, func(t *testing.T) {
			given, secrets := make(map[string]string), []string{session}
			for i, field := range c.fields {
				secrets = append(secrets, fmt.Sprintf("Canary-%d/of+<%s>=End", i, field))
				given[field] = secrets[i+1]
			}
			switch name {
			case "sql with another password":
				given["dsn"] = dsn(secrets[1])
			case "sql with a string that is none":
				given["dsn"] = "postgres://reader:" + secrets[1] + "@127.0.0.1:port/%zz"
			}
			for _, argument := range []bool{true, false} {
				repeats.status.Store(http.StatusOK)
				if argument {
					repeats.status.Store(http.StatusUnauthorized)
				}
				w := acctest.New(t)
				w.Write("toolcrib.yaml", toolcrib)
				var arguments strings.Builder
				for field, secret := range given {
					if !argument {
						w.Setenv("CUSTODY_CANARY_"+strings.ToUpper(strings.TrimPrefix(field, "secrets.")), secret)
						continue
					}
					// The variable is what keeps it out of the module.
					w.Setenv("TF_VAR_"+strings.TrimPrefix(field, "secrets."), secret)
					fmt.Fprintf(&arguments, "      %s\n", assignment(field))
				}
				w.Write("main.tf", canaryModule(c.kind, c.also, arguments.String(), c.id, slices.Sorted(maps.Keys(given))))
				for name, value := range map[string]string{"TF_REATTACH_PROVIDERS": "", "TF_CLI_CONFIG_FILE": tool, "TF_LOG": "TRACE", "TF_LOG_PATH": w.Dir + "/trace.log"} {
					w.Setenv(name, value)
				}
				r := w.Plan("-json").Exits(1)
				if log := w.Read("trace.log"); !strings.Contains(log, "tf_rpc=ConfigureProvider") {
					t.Error("the log holds nothing of the provider")
				}
				all := encodedSecrets(secrets)
				leaks(t, "output", strings.NewReader(r.Output), all...)
				search(t, w.Dir, all...)
			}
		})
	}
}

// assignment gives an argument its value from the variable of the same name.
func assignment(field string) string {
	if name, inside := strings.CutPrefix(field, "secrets."); inside {
		return fmt.Sprintf("secrets = { %[1]s = var.%[1]s }", name)
	}
	return fmt.Sprintf("%[1]s = var.%[1]s", field)
}

func canaryModule(kind, also, arguments, id string, fields []string) string {
	var b strings.Builder
	b.WriteString("terraform {\n  required_providers {\n    custody = { source = \"custodyhq/custody\" }\n  }\n}\n")
	for _, field := range fields {
		fmt.Fprintf(&b, "variable %q {\n  type      = string\n  sensitive = true\n  default   = null\n}\n", strings.TrimPrefix(field, "secrets."))
	}
	fmt.Fprintf(&b, "provider \"custody\" {\n  plan_time = plantimestamp()\n  systems = {\n    canary = { %s = {\n      %s\n%s    } }\n  }\n}\n", kind, also, arguments)
	if id == "" {
		b.WriteString("data \"custody_owner\" \"one\" {\n  owner = \"ann@example.org\"\n}\n")
	} else {
		fmt.Fprintf(&b, "data \"custody_asset\" \"one\" {\n  asset = \"canary/%s\"\n}\n", id)
	}
	return b.String()
}

// encodedSecrets adds the forms in which secrets travel.
func encodedSecrets(secrets []string) []string {
	out := slices.Clone(secrets)
	for _, s := range secrets {
		out = slices.AppendSeq(out, maps.Values(systemtest.Encodings(s)))
		out = slices.AppendSeq(out, maps.Values(systemtest.UnknownEncodings(s)))
	}
	if len(secrets) > 2 {
		out = append(out, base64.StdEncoding.EncodeToString([]byte(secrets[2]+":"+secrets[1])), base64.StdEncoding.EncodeToString([]byte(secrets[1]+":"+secrets[2])))
	}
	return out
}
