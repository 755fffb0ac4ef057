package rest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// minimal is a description that is right; cases change a part of it.
const minimal = `
name: minimal
settings:
  table: { about: "the table", default: assets, pattern: "[a-z]+" }
  must: { about: "what must be set", pattern: "[a-z]*" }
auth:
  - fields: [token]
    headers: { Authorization: "Bearer {token}" }
assets:
  id: item.id
  fields:
    name: item.name
  get:
    - path: /x/{id}
      not_found: status == 404
      item: body
  list:
    - path: /x
      items: body.items
      total: body.total
      paging: { query: { offset: "{offset}" } }
states: { used: in_service }
`

func problemsOf(t *testing.T, err error) []string {
	t.Helper()
	var config *system.ConfigError
	if !errors.As(err, &config) {
		t.Fatalf("got %v", err)
	}
	var out []string
	for _, p := range config.Problems {
		out = append(out, p.Attribute+"["+p.Key+"]: "+p.Message)
	}
	return out
}

// What is wrong is said at the place where it stands.
func TestProblems(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"nothing":               {minimal, " ", "description[]: The description is empty."},
		"no YAML":               {minimal, "name: [", "description[]: The description is not accepted: [1:"},
		"a list":                {minimal, "- a", "a mapping is accepted"},
		"two documents":         {"\nname: minimal", "name: x\n---\nname: y", "one YAML document is accepted"},
		"alias":                 {"name: minimal", "name: &a x\ntitle: *a", "line 2: anchors, aliases, merge keys and tags are not accepted"},
		"tag":                   {"name: minimal", "name: !!str x", "anchors, aliases"},
		"unknown key":           {"name: minimal", "name: x\nnome: y", `unknown field "nome"`},
		"unknown inner key":     {"      item: body", "      itm: body", `unknown field "itm"`},
		"key twice":             {"name: minimal", "name: x\nname: y", "already defined"},
		"a list for a text":     {"name: minimal", "name: [x]", "description[]: The description is not accepted"},
		"large":                 {"name: minimal", "about: " + strings.Repeat("x", 300<<10), "at most 256 KiB"},
		"deep":                  {"name: minimal", "about: " + strings.Repeat("[", 5000), "nested too deeply"},
		"blanks":                {"name: minimal", "name: x" + strings.Repeat("\n", 200), "too many empty lines"},
		"no name":               {"name: minimal", "title: x", "description[name]: A name is required."},
		"no id":                 {"  id: item.id", "  key: item.id", "description[assets.id]: An expression is required"},
		"syntax":                {"name: item.name", "name: item.", "description[assets.fields.name]: The expression is not accepted: ERROR: <input>:1:6: Syntax error"},
		"unknown name":          {"name: item.name", "name: itm.name", "undeclared reference to 'itm'"},
		"unknown function":      {"name: item.name", "name: now()", "undeclared reference to 'now'"},
		"a clock":               {"name: item.name", "name: string(timestamp(item.name))", "undeclared reference to 'timestamp'"},
		"wrong type":            {"not_found: status == 404", "not_found: status", "description[assets.get[0].not_found]: The expression gives a value of type int; accepted there: bool."},
		"list for a text field": {"name: item.name", "name: '[1]'", "description[assets.fields.name]: The expression gives a value of type list(int)"},
		"unknown field":         {"    name: item.name", "    nome: item.name", "description[assets.fields.nome]: There is no such field. Accepted: assigned_at, class,"},
		"a body for an item":    {"name: item.name", "name: body.name", "undeclared reference to 'body'"},
		"long expression":       {"name: item.name", `name: '"` + strings.Repeat("x", 5000) + `"'`, "at most 4096 are accepted"},
		"unknown setting":       {"name: item.name", "name: settings.tabel", `There is no setting "tabel". Declared: must, table.`},
		"unknown setting index": {"name: item.name", `name: 'settings["tabel"]'`, `There is no setting "tabel"`},
		"no get":                {"item: body", `total: "1"`, "description[assets.get[0]]: One of item and items is required"},
		"item and items":        {"item: body", "item: body\n      items: body", "One of item and items is required"},
		"no not_found":          {"      not_found: status == 404\n", "", "A wrong url is answered with status 404 as well"},
		"paging of an item":     {"item: body", `item: body` + "\n      total: body.total", "total and paging belong to items"},
		"no path":               {"path: /x/{id}", `path: ""`, "description[assets.get[0].path]: A path is required."},
		"query in a path":       {"path: /x/{id}", "path: /x?id={id}", "use query"},
		"dots in a path":        {"path: /x/{id}", "path: /x/../{id}", `must not be empty, "." or ".."`},
		"place in a path":       {"path: /x/{id}", "path: /x/{ident}", "{ident} is not known there. Known: id, settings.must, settings.table."},
		"id in a list":          {"    - path: /x\n", "    - path: /x/{id}\n", "{id} is not known there"},
		"open brace":            {"path: /x/{id}", "path: '/x/{id'", "A brace is not closed"},
		"closing brace":         {"path: /x/{id}", "path: /x/id}", "A brace is not closed"},
		"no list":               {"  list:\n    - path: /x\n      items: body.items\n      total: body.total\n      paging: { query: { offset: \"{offset}\" } }\n", "", "description[assets.list]: At least one list is required"},
		"no rows":               {"      items: body.items\n", "", "description[assets.list[0].items]: An expression is required"},
		"paging without total":  {"      total: body.total\n", "", "description[assets.list[0].paging]: total or count is required"},
		"total and count":       {"      total: body.total\n", "      total: body.total\n      count: { path: n, total: body }\n", "description[assets.list[0].count]: total and count exclude each other."},
		"count without total":   {"      total: body.total\n", "      count: { path: n }\n", "description[assets.list[0].count.total]: An expression is required"},
		"count without a path":  {"      total: body.total\n", "      count: { total: body }\n", "description[assets.list[0].count.path]: A path is required"},
		"an owner without get":  {"  fields:\n", "  owner: { when: 'true', id: item.id, key: item.mail }\n  fields:\n", "description[assets.owner.get]: At least one look-up of an owner is required"},
		"an owner by a search":  {"  fields:\n", "  owner: { when: 'true', id: item.id, key: item.mail, get: [{ path: p, items: body }] }\n  fields:\n", "description[assets.owner.get[0]]: An owner look-up uses item"},
		"paging that stands":    {`{ offset: "{offset}" }`, `{ limit: "{limit}" }`, "It does not ask for the next page"},
		"two ways to page":      {`{ query: { offset: "{offset}" } }`, `{ next: body.next, cursor: body.cursor }`, "next and cursor exclude each other"},
		"a body that is none":   {"item: body", "item: body\n      body: '[id]'", "description[assets.get[0].body]: The expression gives a value of type list(string)"},
		"an item in a body":     {"item: body", "item: body\n      body: '{\"id\": item.id}'", "undeclared reference to 'item'"},
		"an id in a list body":  {"{ query: { offset: \"{offset}\" } }", "{ }\n      body: '{\"id\": id, \"at\": offset}'", "description[assets.list[0].body]: id is not known there."},
		"a body that stands":    {"{ query: { offset: \"{offset}\" } }", "{ }\n      body: '{\"count\": limit}'", "It does not ask for the next page"},
		"a link with a body":    {"{ query: { offset: \"{offset}\" } }", "{ next: body.next }\n      body: '{\"count\": limit}'", "A link is followed by GET"},
		"state":                 {"used: in_service", "used: in_use", `description[states.used]: "in_use" is not accepted there. Accepted: unknown, planned,`},
		"empty state":           {"{ used: in_service }", `{ "": in_service }`, "must not be empty"},
		"layout":                {"name: minimal", `name: x` + "\n" + `dates: ["15:04"]`, "description[dates[0]]: The layout does not state a day"},
		"time zone":             {"name: minimal", "name: x\ntime_zone: Mars/Base", `There is no time zone "Mars/Base"`},
		"this machine's zone":   {"name: minimal", "name: x\ntime_zone: Local", "Local is not accepted"},
		"pattern":               {`pattern: "[a-z]+"`, `pattern: "("`, "description[settings.table.pattern]: The pattern is not a regular expression."},
		"field name":            {"fields: [token]", "fields: [Token]", "is not a name"},
		"no fields":             {"fields: [token]", "optional: [token]", "description[auth[0].fields]: The fields of the configuration"},
		"no header":             {"    headers: { Authorization: \"Bearer {token}\" }\n", "", "A header is required that carries the credentials"},
		"header name":           {"{ Authorization: ", "{ \"Author ization\": ", "It is not the name of a header."},
		"header place":          {"Bearer {token}", "Bearer {tocken}", "{tocken} is not known there. Known: token"},
		"basic":                 {"fields: [token]", "fields: [token, user, password]\n    basic: true", "It takes two fields"},
		"login method":          {"    headers: { Auth", "    login: { method: PUT, path: x, token: body.t }\n    headers: { Auth", "description[auth[0].login.method]: It must be GET or POST."},
		"login without token":   {"    headers: { Auth", "    login: { method: GET, path: x }\n    headers: { Auth", "finds the token in the answer"},
		"login without session": {"    headers: { Auth", "    login: { method: GET, path: x, token: body.t }\n    headers: { Auth", "No header carries {session}"},
		"plain header":          {"name: minimal", "name: x\nheaders: { \"a b\": c }", "It is not a header"},
		"tasks without fields":  {"name: minimal", "name: x\ntasks: { get: { path: x, items: body } }", "description[tasks.fields.asset]: It is required."},
		"id in a task list":     {"name: minimal", "name: x\ntasks: { list: [{ path: 'x/{id}', items: body }] }", "description[tasks.list[0].path]: {id} is not known there"},
		"task pages, no total":  {"name: minimal", "name: x\ntasks: { list: [{ path: x, items: body, paging: { query: { offset: '{offset}' } } }] }", "description[tasks.list[0].paging]: total or count is required"},
		"task kinds":            {"name: minimal", "name: x\ntasks: { get: { path: x, items: body }, fields: { id: item.id, kind: item.k, asset: item.a }, kinds: { x: cake } }", "description[tasks.kinds.x]"},
		"a setting that counts": {"name: minimal", "name: x\nrequests_per_minute: many", "description[]: The description is not accepted"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(minimal, c.old, c.new, 1)
			if text == minimal {
				t.Fatal("the case changes nothing")
			}
			_, err := New(Config{Name: "cmdb", URL: "https://h", Description: text, Secrets: map[string]string{"token": "abcd"}})
			got := problemsOf(t, err)
			if !slices.ContainsFunc(got, func(p string) bool { return strings.Contains(p, c.want) }) {
				t.Errorf("got %q, want %s", got, c.want)
			}
		})
	}
}

// What the user configured beside the description is checked against it.
func TestConfigurationProblems(t *testing.T) {
	good := Config{Name: "hq-1", URL: "https://h", Description: minimal, Secrets: map[string]string{"token": "abcd"}}
	if _, err := New(good); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"no URL":          {func(c *Config) { c.URL = "" }, "url[]: It is required"},
		"no token":        {func(c *Config) { c.Secrets = nil }, "token[]: Credentials are required: token. Each may come from the environment, for instance CUSTODY_HQ_1_TOKEN."},
		"other secret":    {func(c *Config) { c.Secrets = map[string]string{"token": "abcd", "password": "x"} }, "password[]: The description does not use this credential. Accepted: token."},
		"broken token":    {func(c *Config) { c.Secrets = map[string]string{"token": "ab\ncd"} }, "not valid in a header"},
		"setting":         {func(c *Config) { c.Settings = map[string]string{"tabel": "x"} }, "settings[tabel]: There is no such setting. Accepted: must, table."},
		"setting's value": {func(c *Config) { c.Settings = map[string]string{"table": "x/../y"} }, "settings[table]: The value does not match [a-z]+."},
		"required": {func(c *Config) {
			c.Description = strings.Replace(minimal, `pattern: "[a-z]*"`, `pattern: "[a-z]+"`, 1)
		}, "settings[must]: It must be set: what must be set"},
		"states":     {func(c *Config) { c.States = map[string]string{"x": "y"} }, `states[x]: "y" is not accepted there`},
		"task kinds": {func(c *Config) { c.TaskKinds = map[string]string{"x": "offboarding"} }, "task_kinds[]: The description does not read tasks."},
		"CA file":    {func(c *Config) { c.CAFile = "/does/not/exist" }, `ca_file[]: The file "/does/not/exist" cannot be read`},
		"a key without its account": {func(c *Config) {
			c.Kind, c.Description, c.Secrets = "google_workspace", "", map[string]string{"service_account": rsaPair().pem}
		}, "service_account[]: It must be a JSON object that holds a text client_email, such as"},
		"a key without its certificate": {func(c *Config) {
			c.Kind, c.Description, c.Settings = "entra", "", map[string]string{"tenant": "example.org"}
			c.Secrets = map[string]string{"client_id": "x", "certificate": rsaPair().pem}
		}, "certificate[]: It must hold a certificate and its private key, in PEM."},
		"unknown kind": {func(c *Config) { c.Kind, c.Description = "unheard", "" }, "description[]: A description is required."},
	} {
		t.Run(name, func(t *testing.T) {
			config := good
			c.change(&config)
			_, err := New(config)
			if got := problemsOf(t, err); !slices.ContainsFunc(got, func(p string) bool { return strings.Contains(p, c.want) }) {
				t.Errorf("got %q, want %s", got, c.want)
			}
		})
	}
	if _, err := New(Config{URL: "https://h", Kind: "servicenow", Secrets: map[string]string{"username": "a:b", "password": "c"}}); err == nil || !strings.Contains(err.Error(), "colon") {
		t.Errorf("got %v", err)
	}
}

func TestJSONDescription(t *testing.T) {
	text := `{"name": "j", "assets": {"id": "item.id", "fields": {}, "list": [{"path": "/a/", "items": "body"}]}}`
	if _, err := New(Config{Name: "cmdb", URL: "https://h", Description: text}); err != nil {
		t.Error(err)
	}
}

func shippedKinds(t testing.TB) []string {
	t.Helper()
	all, err := Described(Shipped())
	if err != nil || len(all) == 0 {
		t.Fatalf("got %v, %v", all, err)
	}
	return all
}

// filledIn configures a description with everything that it may need.
func filledIn(about About, kind, address, secret string) Config {
	c := Config{Name: "cmdb", Kind: kind, URL: address, Secrets: make(map[string]string), Settings: make(map[string]string)}
	for _, field := range about.Secrets {
		c.Secrets[field.Name] = secret
		if field.Key {
			c.Secrets[field.Name] = rsaPair().pem
		}
		if field.Name == "service_account" {
			c.Secrets[field.Name] = accountFile()
		}
	}
	for _, s := range about.Settings {
		if s.Required {
			c.Settings[s.Name] = "example"
		}
		if s.Name == "login" {
			c.Settings[s.Name] = address
		}
	}
	if kind == "jira" {
		c.Settings["project"], c.Settings["withdraw"] = "REV", "41"
	}
	return c
}

func TestShipped(t *testing.T) {
	for _, name := range shippedKinds(t) {
		text, _ := Description(Shipped(), name)
		about, err := AboutOf(text)
		if err != nil || about.Title == "" || about.Text == "" || len(about.Settings) == 0 || len(about.Secrets) == 0 {
			t.Fatal(name, about, err)
		}
		if _, err := New(filledIn(about, name, "https://h", "abcdef")); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	text, _ := Description(Shipped(), "glpi")
	if got, err := AboutOf(text); err != nil || !slices.Equal(got.Secrets, []Secret{{Name: "app_token", Optional: true}, {Name: "user_token"}}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestDates(t *testing.T) {
	c := &checker{config: &Config{}}
	cal := c.calendar([]string{"02.01.2006", "2006-01-02 15:04:05", "01/02/2006 3:04 PM"}, "America/New_York")
	if len(c.problems) > 0 {
		t.Fatal(c.problems)
	}
	for text, want := range map[string]string{
		"":                                "0001-01-01T00:00:00Z",
		"31.12.2026":                      "2026-12-31T23:59:59Z",
		"2026-12-31":                      "2026-12-31T23:59:59Z",
		"2026-07-01 10:00:00":             "2026-07-01T14:00:00Z",
		"01/31/2026 2:30 PM":              "2026-01-31T19:30:00Z",
		" 2026-07-01T10:00:00.987+02:00 ": "2026-07-01T08:00:00Z",
	} {
		if got, err := cal.parse(text, true); err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%q is %s, %v; want %s", text, got.Format(time.RFC3339), err, want)
		}
	}
	if got, err := cal.parse("31.12.2026", false); err != nil || got.Format(time.RFC3339) != "2026-12-31T00:00:00Z" {
		t.Error(got, err)
	}
	for _, text := range []string{"tomorrow", "0000-00-00", "1969-12-31", "2026-13-01", "2026-02-30", "10000-01-01", "ENCRYPTED"} {
		if got, err := cal.parse(text, true); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
}
