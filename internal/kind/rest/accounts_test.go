package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// switches describes everything that an account can have.
const switches = `
name: switches
settings: { keys: { default: "true", pattern: "true|false" } }
auth: [{ fields: [token], headers: { Authorization: "Bearer {token}" } }]
statuses: { open: active, shut: suspended }
people:
  id: item.id
  hides: false
  list: [{ path: accounts, items: body.items, total: body.total }]
  fields: { username: item.login, status: item.state, keys: item.find("aliases") }
accounts:
  address: item.login
  one: { path: "accounts/{id}", not_found: status == 404 && body.find("error") == "no account", item: body }
  version: header.find("etag")
  fields: { id: item.id, name: item.login, enabled: item.state == "open", expires_at: item.until, last_used_at: item.find("used") }
  issued:
    - list: { path: "accounts/{id}/keys", items: body.items, when: settings.keys == "true" }
      id: item.id
      skip: item.dead
      text: '"key " + text(item.id)'
      end: { method: DELETE, path: "accounts/{id}/keys/{issued}", right: the role of a switcher }
  unlisted: sessions
  refuses: [{ act: enable, when: item.find("banned") == true, message: it is banned., advice: Ask first. }]
  enable:
    - { method: PUT, path: "accounts/{id}/state", body: '{"state": "open", "was": item.state, "account": account.id}', right: the role of a switcher, done: body.ok == true }
  disable:
    - { if: item.state == "open", method: PUT, path: "accounts/{id}/state", headers: { X-Because: "{settings.keys}" }, body: '{"state": "shut"}', right: the role of a switcher, done: body.ok == true }
  set_end:
    - { method: PATCH, path: "accounts/{id}", body: '{"until": account.end}', right: the role of a switcher }
  end_sessions:
    - { method: POST, path: "accounts/{id}/logout", query: { all: "yes" }, right: the role of a switcher }
`

// switchServer holds accounts that switches describes.
type switchServer struct {
	mu       sync.Mutex
	accounts map[string]*switchAccount // by login
	asked    []string                  // changes
	header   http.Header               // of the last change
}

type switchAccount struct {
	ID       string   `json:"id"`
	Login    string   `json:"login"`
	State    string   `json:"state"`
	Until    *string  `json:"until"`
	Banned   bool     `json:"banned"`
	Aliases  []string `json:"aliases"`
	revision int
	keys     []string
	sessions int
}

func newSwitchServer(subjects ...string) *switchServer {
	s := &switchServer{accounts: make(map[string]*switchAccount)}
	for i, subject := range append(subjects, "zoe") {
		s.accounts[subject] = &switchAccount{ID: fmt.Sprint("id-", i), Login: subject, State: "open"}
	}
	return s
}

const switchReader = "reader-canary-77f1"

func (s *switchServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	given := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case given != token && given != switchReader:
		w.WriteHeader(http.StatusUnauthorized)
	case r.Method != http.MethodGet && given == switchReader:
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{}`))
	case len(parts) == 1:
		items := []*switchAccount{}
		for _, a := range s.accounts {
			items = append(items, a)
		}
		send(w, map[string]any{"items": items, "total": len(items)})
	case s.accounts[parts[1]] == nil:
		w.WriteHeader(http.StatusNotFound)
		send(w, map[string]any{"error": "no account"})
	case r.Method == http.MethodGet:
		s.show(w, s.accounts[parts[1]], len(parts) > 2)
	default:
		s.change(w, r, s.accounts[parts[1]], parts[2:])
	}
}

func send(w http.ResponseWriter, v any) {
	_ = json.NewEncoder(w).Encode(v) //nolint:errchkjson // a test
}

func (s *switchServer) show(w http.ResponseWriter, a *switchAccount, keys bool) {
	if !keys {
		w.Header().Set("ETag", fmt.Sprintf(`"%d"`, a.revision))
		send(w, a)
		return
	}
	rows := []map[string]any{{"id": "dead", "dead": true}}
	for _, key := range a.keys {
		rows = append(rows, map[string]any{"id": key, "dead": false})
	}
	send(w, map[string]any{"items": rows})
}

func (s *switchServer) change(w http.ResponseWriter, r *http.Request, a *switchAccount, rest []string) {
	var body struct {
		State string
		Until *string
	}
	if r.ContentLength != 0 && json.NewDecoder(r.Body).Decode(&body) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.asked, s.header = append(s.asked, r.Method+" "+r.URL.RequestURI()), r.Header
	if match := r.Header.Get("If-Match"); match != "" && match != fmt.Sprintf(`"%d"`, a.revision) {
		w.WriteHeader(http.StatusPreconditionFailed)
		return
	}
	a.revision++
	switch {
	case len(rest) == 0:
		a.Until = body.Until
	case rest[0] == "state":
		a.State = body.State
		send(w, map[string]any{"ok": true})
	case rest[0] == "logout" && r.FormValue("all") == "yes":
		a.sessions = 0
	case rest[0] == "keys" && slices.Contains(a.keys, rest[1]):
		a.keys = slices.DeleteFunc(a.keys, func(key string) bool { return key == rest[1] })
		w.WriteHeader(http.StatusNoContent)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (s *switchServer) of(subject string) *switchAccount {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accounts[subject]
}

// openSwitches reads the accounts of a server.
func openSwitches(t *testing.T, handler http.Handler, change ...func(*Config)) *System {
	t.Helper()
	return mustNew(t, Config{
		Name: "app", URL: systemtest.ServeHTTP(t, handler), Description: switches, Secrets: map[string]string{"token": token}, Retries: 1, Wait: impatient,
	}, change)
}

func TestAccountsConform(t *testing.T) {
	reads := func(c *Config) { c.Secrets = map[string]string{"token": switchReader} }
	h := systemtest.AccountsHarness{
		Asserts: true, Broken: make(map[string]func(*testing.T) system.Accounts),
		Open: func(t *testing.T, subjects ...string) systemtest.Stage {
			s := newSwitchServer(subjects...)
			right := make(map[system.AccountAct]string)
			for _, act := range openSwitches(t, s).AccountActs() {
				right[act] = "the role of a switcher"
			}
			return systemtest.Stage{
				Target: openSwitches(t, s), Reader: openSwitches(t, s, reads), Right: right,
				Another: func(t *testing.T) system.Accounts { return openSwitches(t, s) },
				Lets: func(_ *testing.T, subject string) bool {
					a := s.of(subject)
					return a.State == "open" && (a.Until == nil || *a.Until > "2026")
				},
				Session: func(_ *testing.T, subject string) func() bool {
					a := s.of(subject)
					a.sessions++
					a.keys = append(a.keys, "k1", "k2")
					return func() bool { return a.sessions > 0 || len(a.keys) > 0 }
				},
				Delete: func(_ *testing.T, subject string) {
					s.mu.Lock()
					defer s.mu.Unlock()
					delete(s.accounts, subject)
				},
			}
		},
	}
	for name, wrap := range systemtest.HTTPFaults() {
		h.Broken[name] = func(t *testing.T) system.Accounts {
			return openSwitches(t, wrap(newSwitchServer("ann")), func(c *Config) { c.Timeout = timeout(name) })
		}
	}
	systemtest.Accounts(t, h)
}

// An act sends what is described, asserts what was read, and does nothing where its
// condition does not hold.
func TestWhatAnActSends(t *testing.T) {
	server := newSwitchServer("ann")
	server.of("ann").keys = []string{"k 1/..", "k2"}
	s := openSwitches(t, server)
	account := func() *system.Account {
		t.Helper()
		a, err := s.Account(t.Context(), "ANN")
		if err != nil || a == nil {
			t.Fatal(a, err)
		}
		return a
	}
	if a := account(); a.ID != "id-0" || a.Unlisted != "sessions" || !slices.Equal(a.Issued, []string{"key k 1/..", "key k2"}) || a.EndUnknown {
		t.Errorf("got %+v", a)
	}
	for _, do := range []func() error{
		func() error { return s.SetEnabled(t.Context(), account(), false) },
		func() error { return s.SetEnabled(t.Context(), account(), false) }, // sends nothing
		func() error { return s.EndSessions(t.Context(), account()) },
		func() error { return s.SetEnabled(t.Context(), account(), true) },
	} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
		if sent := server.asked[len(server.asked)-1]; sent == "PUT /accounts/ann/state" && (server.header.Get("If-Match") != "") == (server.header.Get("X-Because") == "true") {
			t.Errorf("to enable asserts the version, to disable does not: %v", server.header)
		}
	}
	if want := []string{
		"PUT /accounts/ann/state", "POST /accounts/ann/logout?all=yes", "DELETE /accounts/ann/keys/k%201%2F..", "DELETE /accounts/ann/keys/k2", "PUT /accounts/ann/state",
	}; !slices.Equal(server.asked, want) {
		t.Errorf("sent %q, want %q", server.asked, want)
	}
	server.of("ann").Banned = true
	if err := account().Refusals[system.EnableAccount]; !errors.Is(err, fault.ErrConfig) || !strings.Contains(err.Error(), "it is banned") {
		t.Errorf("got %v", err)
	}
}

// An answer that does not fit is an error, and no account is taken for another.
func TestAccountsThatCannotBeTrusted(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*switchServer)
		old    string
		new    string
		kind   error
		want   string
	}{
		"several accounts":            {func(s *switchServer) { s.of("zoe").Aliases = []string{"Ann"} }, "", "", fault.ErrConfig, "holds 2 accounts"},
		"another account":             {nil, "id: item.id, name", `id: '"x"', name`, fault.ErrUnavailable, `asked for the account "id-0"`},
		"no id":                       {nil, "id: item.id, name", `id: '""', name`, fault.ErrUnavailable, "has no id"},
		"listed and not shown":        {nil, "address: item.login", `address: '"nobody"'`, fault.ErrUnavailable, "does not exist"},
		"enabled is not told":         {nil, `enabled: item.state == "open"`, `enabled: item.find("nothing")`, fault.ErrUnavailable, "not true or false"},
		"an end that cannot be read":  {nil, "expires_at: item.until", "expires_at: item.login", fault.ErrUnavailable, "is not a date"},
		"a row without an id":         {nil, "      id: item.id\n", "      id: item.find(\"x\")\n", fault.ErrUnavailable, "a row has no id"},
		"a change that is not proven": {nil, `headers: { X-Because: "{settings.keys}" }, body: '{"state": "shut"}', right: the role of a switcher, done: body.ok == true`, `body: '{"state": "shut"}', right: r, done: body.ok == 7`, fault.ErrUnavailable, "does not say that the change was made"},
		"an answer that refuses":      {nil, `done: body.ok == true }` + "\n  set_end", `refused: { when: status == 200, message: it will not., advice: Ask. } }` + "\n  set_end", fault.ErrConfig, "it will not."},
	} {
		t.Run(name, func(t *testing.T) {
			server := newSwitchServer("ann")
			if c.change != nil {
				c.change(server)
			}
			description := strings.Replace(switches, c.old, c.new, 1)
			s := openSwitches(t, server, func(config *Config) { config.Description = description })
			a, err := s.Account(t.Context(), "ann")
			if err == nil && a != nil {
				err = s.SetEnabled(t.Context(), a, false)
			}
			var f *fault.Fault
			if !errors.Is(err, c.kind) || !errors.As(err, &f) || !strings.Contains(f.Happened, c.want) || f.Advice == "" {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
	s := openSwitches(t, newSwitchServer("ann"))
	if err := s.SetEnabled(t.Context(), &system.Account{Name: "ann"}, true); !errors.Is(err, fault.ErrConfig) {
		t.Errorf("an account that was not read: %v", err)
	}
}

// What the description and its settings do not say how to do cannot be done.
func TestActsFollowTheDescription(t *testing.T) {
	all := openSwitches(t, newSwitchServer("ann"))
	if got := all.AccountActs(); !slices.Equal(got, []system.AccountAct{system.EnableAccount, system.DisableAccount, system.SetAccountEnd, system.EndSessions}) {
		t.Errorf("got %q", got)
	}
	for name, c := range map[string]struct {
		old, new string
		want     []system.AccountAct
	}{
		"none":             {switches[strings.Index(switches, "accounts:\n"):], "", nil},
		"switched off":     {"accounts:\n", "accounts:\n  when: settings.keys == \"false\"\n", nil},
		"keys alone":       {switches[strings.Index(switches, "  unlisted"):], "", []system.AccountAct{system.EndSessions}},
		"without sessions": {"    - { method: POST", "    - { when: settings.keys == \"false\", method: POST", []system.AccountAct{system.EnableAccount, system.DisableAccount, system.SetAccountEnd, system.EndSessions}},
	} {
		s := openSwitches(t, newSwitchServer("ann"), func(config *Config) { config.Description = strings.Replace(switches, c.old, c.new, 1) })
		if got := s.AccountActs(); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
		if _, has := system.AsAccounts(s); has != (c.want != nil) {
			t.Errorf("%s: it has accounts: %v", name, has)
		}
		a, err := s.Account(t.Context(), "ann")
		if c.want == nil {
			if !errors.Is(err, fault.ErrConfig) {
				t.Errorf("%s: got %v, %v", name, a, err)
			}
			continue
		}
		if err != nil || a == nil || a.Unlisted != "" {
			t.Errorf("%s: got %+v, %v", name, a, err)
		}
	}
}

func TestDescriptionsOfAccountsThatAreNotAccepted(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"no people":           {switches[strings.Index(switches, "people:"):strings.Index(switches, "accounts:\n")], "reviews: {}\n", "description[accounts]: accounts requires people"},
		"no name":             {" name: item.login,", "", "description[accounts.fields.name]: It is required."},
		"enabled is a text":   {`enabled: item.state == "open"`, `enabled: '"yes"'`, "description[accounts.fields.enabled]: The expression gives a value of type string"},
		"no not_found":        {`not_found: status == 404 && body.find("error") == "no account", `, "", "description[accounts.one.not_found]"},
		"an end not read":     {"expires_at: item.until, ", "", "description[accounts.fields.expires_at]: It is required with set_end"},
		"unlisted, not ended": {"  end_sessions:\n    - { method: POST, path: \"accounts/{id}/logout\", query: { all: \"yes\" }, right: the role of a switcher }\n", "", "description[accounts.unlisted]"},
		"a method":            {"method: DELETE", "method: GET", "description[accounts.issued[0].end.method]: Accepted: POST, PUT, PATCH, DELETE."},
		"no right":            {", right: the role of a switcher, done", ", done", "description[accounts.enable[0].right]"},
		"a place":             {"accounts/{id}/logout", "accounts/{issued}/logout", "{issued} is not known there"},
		"a header":            {"X-Because", "\"X Because\"", "It is not the name of a header."},
		"an act":              {"act: enable", "act: delete", "description[accounts.refuses[0].act]: Accepted: enable, disable."},
		"no advice":           {", advice: Ask first.", "", "description[accounts.refuses[0]]: message and advice are required"},
		"never ended":         {"    - list: {", "    - { list: { path: x, items: body }, id: item.id, text: item.id }\n    - list: {", "description[accounts.issued]: What one of the lists shows would never be ended"},
	} {
		t.Run(name, func(t *testing.T) {
			text := switches
			if name == "never ended" {
				text = text[:strings.Index(text, "  unlisted")]
			}
			_, err := New(Config{Name: "app", URL: "https://h", Description: strings.Replace(text, c.old, c.new, 1), Secrets: map[string]string{"token": token}})
			if got := problemsOf(t, err); !slices.ContainsFunc(got, func(p string) bool { return strings.Contains(p, c.want) }) {
				t.Errorf("got %q, want %s", got, c.want)
			}
		})
	}
}
