package rest

import (
	"cmp"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

func TestMain(m *testing.M) { os.Exit(servers.Run(m)) }

// keycloakRealm returns a realm whose administrators see all attributes.
func keycloakRealm(t testing.TB) *servers.KeycloakRealm {
	t.Helper()
	r := servers.Keycloak(t)
	declareAttributes(t, r, "ADMIN_EDIT")
	return r
}

// declareAttributes sets the user profile of a realm, and what happens to attributes
// that it does not declare.
func declareAttributes(t testing.TB, r *servers.KeycloakRealm, unmanaged string) {
	t.Helper()
	var attributes []map[string]any
	for _, name := range []string{"username", "email", "firstName", "lastName"} {
		attributes = append(attributes, map[string]any{"name": name, "permissions": map[string]any{"view": []string{"admin"}, "edit": []string{"admin"}}})
	}
	profile := map[string]any{"attributes": attributes}
	if unmanaged != "" {
		profile["unmanagedAttributePolicy"] = unmanaged
	}
	r.Call(t, http.MethodPut, "/users/profile", profile, nil)
}

// openKeycloak reads a realm by the shipped description.
func openKeycloak(t testing.TB, r *servers.KeycloakRealm, change ...func(*Config)) *System {
	t.Helper()
	return mustNew(t, Config{
		Name: "corp", Kind: "keycloak", URL: r.URL, Secrets: map[string]string{"client_id": r.ClientID, "client_secret": r.ClientSecret},
		Settings: map[string]string{"realm": r.Name, "end_date": "end_date", "manager": "manager", "kind": "kind", "number": "number"},
		Retries:  1, Wait: impatient, Timeout: 20 * time.Second,
	}, change)
}

// forwarding answers as a server does.
func forwarding(t testing.TB, address string) http.Handler {
	t.Helper()
	target, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ModifyResponse: func(r *http.Response) error {
			// So that more can be written behind the answer.
			r.Header.Del("Content-Length")
			return nil
		},
	}
}

// seedKeycloak puts a seed into a realm. Keycloak has no user without a name, and no
// group that is in two others.
func seedKeycloak(t *testing.T, r *servers.KeycloakRealm, people []lifecycle.Person) {
	t.Helper()
	var users []servers.KeycloakUser
	paths := make(map[string]string)
	var groups func(parent, path string) []map[string]any
	groups = func(parent, path string) []map[string]any {
		var out []map[string]any
		for _, p := range people {
			if p.Kind != lifecycle.KindTeam || strings.Join(p.Teams, " ") != parent {
				continue
			}
			paths[p.ID] = path + "/" + cmp.Or(p.Name, p.ID)
			out = append(out, map[string]any{"id": p.ID, "name": cmp.Or(p.Name, p.ID), "path": paths[p.ID], "subGroups": groups(p.ID, paths[p.ID])})
		}
		return out
	}
	all := groups("", "")
	for _, p := range people {
		if p.Kind == lifecycle.KindTeam {
			continue
		}
		u := servers.KeycloakUser{ID: p.ID, Username: cmp.Or(p.Username, "user-of-"+fmt.Sprint(len(users))), Email: p.Email, Attributes: make(map[string][]string)}
		u.FirstName, u.LastName, _ = strings.Cut(p.Name, " ")
		u.Disabled = p.Status != lifecycle.PersonActive
		for name, value := range map[string]string{"manager": p.Manager, "kind": p.Kind.String()} {
			if value != "" {
				u.Attributes[name] = []string{value}
			}
		}
		if !p.EndDate.IsZero() {
			u.Attributes["end_date"] = []string{p.EndDate.Format(time.DateOnly)}
		}
		for _, team := range p.Teams {
			u.Groups = append(u.Groups, paths[team])
		}
		users = append(users, u)
	}
	r.Call(t, http.MethodPost, "/partialImport", map[string]any{"ifResourceExists": "FAIL", "groups": all}, nil)
	r.Import(t, users)
}

// skipNamesakes skips what Keycloak cannot hold: a user name twice.
func skipNamesakes(t *testing.T, seed systemtest.Seed) {
	t.Helper()
	taken := make(map[string]bool)
	for _, p := range seed.People {
		name := strings.ToLower(p.Username)
		if name != "" && taken[name] {
			t.Skip("Keycloak holds no user name twice")
		}
		taken[name] = true
	}
}

// In the suites, whoever is disabled has left.
func disabledHasLeft(c *Config) { c.Statuses = map[string]string{"disabled": "left"} }

func TestKeycloak(t *testing.T) {
	r := keycloakRealm(t)
	ids := staff(t, r)
	t.Run("people", func(t *testing.T) { peopleOfKeycloak(t, r, ids) })
	t.Run("rights", func(t *testing.T) { rightsInKeycloak(t, r, ids) })
	t.Run("attributes", func(t *testing.T) { attributesInKeycloak(t, r) })
	// Making a realm takes seconds, and nothing that is asked of one changes it.
	var held struct {
		realm *servers.KeycloakRealm
		seed  systemtest.Seed
	}
	h := systemtest.Harness{
		Healthy: func(t *testing.T, seed systemtest.Seed) system.System {
			skipNamesakes(t, seed)
			if !reflect.DeepEqual(seed, held.seed) {
				if held.realm != nil { // no two realms hold the same ids
					held.realm.Call(t, http.MethodDelete, "", nil, nil)
				}
				held.realm, held.seed = keycloakRealm(t), seed
				seedKeycloak(t, held.realm, withTeam(seed).People)
			}
			return openKeycloak(t, held.realm, disabledHasLeft)
		},
		Broken: make(map[string]systemtest.Make),
		Others: 1, // the account itself
	}
	for fault, wrap := range systemtest.HTTPFaults() {
		h.Broken[fault] = func(t *testing.T, _ systemtest.Seed) system.System {
			address := systemtest.ServeHTTP(t, wrap(forwarding(t, r.URL)))
			return openKeycloak(t, r, func(c *Config) { c.URL, c.Timeout = address, timeout(fault) })
		}
	}
	t.Run("conformance", func(t *testing.T) { systemtest.People(t, h) })
	t.Run("lists", func(t *testing.T) { systemtest.Lists(t, h, system.CanReadPeople) })
	t.Run("signed login", func(t *testing.T) { signedLoginAtKeycloak(t, r) })
}

// staff fills a realm and returns the ids of its users by their names.
func staff(t *testing.T, r *servers.KeycloakRealm) map[string]string {
	t.Helper()
	ids := map[string]string{"engineering": r.AddGroup(t, "engineering", "")}
	ids["payments"] = r.AddGroup(t, "payments", ids["engineering"])
	ids["invoices"] = r.AddGroup(t, "invoices", ids["payments"])
	ids["ops"] = r.AddGroup(t, "ops", "")
	ids["other payments"] = r.AddGroup(t, "payments", ids["ops"])
	for _, u := range []servers.KeycloakUser{
		{
			Username: "ann", Email: "ann@example.org", FirstName: "Ann", LastName: "Archer", Groups: []string{"/engineering/payments"},
			Attributes: map[string][]string{"manager": {"bob"}, "end_date": {"2027-06-30"}, "number": {"1001"}},
		},
		{Username: "bob", FirstName: "Bob", Groups: []string{"/engineering"}, Attributes: map[string][]string{"kind": {"Robot"}}},
		{Username: "cam", Email: "cam@example.org", Groups: []string{"/engineering/payments/invoices", "/ops"}, Attributes: map[string][]string{"kind": {"Contractor"}}},
		{Username: "dee", Email: "dee@example.org"},
		{Username: "gone", Email: "gone@example.org", Groups: []string{"/ops"}},
	} {
		ids[u.Username] = r.AddUser(t, u)
	}
	r.Disable(t, ids["cam"])
	r.Delete(t, ids["gone"])
	return ids
}

func peopleOfKeycloak(t *testing.T, r *servers.KeycloakRealm, ids map[string]string) {
	s := openKeycloak(t, r)
	for key, want := range map[string][]lifecycle.Person{
		"ANN@example.org": {{
			ID: ids["ann"], Email: "ann@example.org", Username: "ann", Name: "Ann Archer", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive,
			Manager: "bob", EndDate: time.Date(2027, 6, 30, 23, 59, 59, 0, time.UTC), Teams: []string{ids["payments"]},
		}},
		"bob":                       {{ID: ids["bob"], Username: "bob", Name: "Bob", Status: lifecycle.PersonActive, Teams: []string{ids["engineering"]}}},
		strings.ToUpper(ids["dee"]): {{ID: ids["dee"], Email: "dee@example.org", Username: "dee", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive}},
		"gone":                      nil,
		"gone@example.org":          nil,
		ids["gone"]:                 nil,
		"ENGINEERING":               {{ID: ids["engineering"], Name: "engineering", Kind: lifecycle.KindTeam, Status: lifecycle.PersonActive}},
		"/engineering/payments":     {{ID: ids["payments"], Name: "payments", Kind: lifecycle.KindTeam, Status: lifecycle.PersonActive, Teams: []string{ids["engineering"]}}},
	} {
		got, err := s.Person(t.Context(), key)
		for i := range got {
			got[i].Source, got[i].Directory = "", ""
		}
		if err != nil || len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("Person(%q): %v\ngot  %+v\nwant %+v", key, err, got, want)
		}
	}
	if got, err := s.Person(t.Context(), "1001"); err != nil || len(got) != 1 || got[0].ID != ids["ann"] {
		t.Errorf("by number: %+v, %v", got, err)
	}
	cam, err := s.Person(t.Context(), "cam")
	if err != nil || len(cam) != 1 || cam[0].Status != lifecycle.PersonSuspended || cam[0].Kind != lifecycle.KindContractor || len(cam[0].Teams) != 2 {
		t.Errorf("disabled: %+v, %v", cam, err)
	}
	if got, err := s.Person(t.Context(), "payments"); err != nil || len(got) != 2 {
		t.Errorf("a name of two groups: %+v, %v", got, err)
	}
	account, err := s.Person(t.Context(), "service-account-"+r.ClientID)
	if err != nil || len(account) != 1 || account[0].Kind != lifecycle.KindService {
		t.Errorf("a service account: %+v, %v", account, err)
	}
	for team, want := range map[string][]string{
		"engineering": {"ann", "bob", "cam"}, "payments": {"ann", "cam"}, "invoices": {"cam"}, "ops": {"cam"}, "other payments": nil,
	} {
		members, err := s.Members(t.Context(), ids[team])
		var got []string
		for _, p := range members {
			got = append(got, p.Username)
		}
		if slices.Sort(got); err != nil || !slices.Equal(got, want) {
			t.Errorf("the members of %s are %q, %v", team, got, err)
		}
	}
	everybody, err := readAll(t, s.ListPeople(t.Context()))
	if want := 4 + 1 + 5; err != nil || len(everybody) != want {
		t.Errorf("%d entries, want %d: %v", len(everybody), want, err)
	}
}

// With too few rights, Keycloak shows an empty list, or a part, of what is there.
func rightsInKeycloak(t *testing.T, r *servers.KeycloakRealm, ids map[string]string) {
	for name, roles := range map[string][]string{"none": nil, "query-users": {"query-users"}, "both": {"query-users", "query-groups"}} {
		t.Run(name, func(t *testing.T) {
			secret := r.Account(t, "reader-"+name, roles...)
			account := func(c *Config) {
				c.Secrets = map[string]string{"client_id": "reader-" + name, "client_secret": secret}
			}
			for _, groups := range []string{"true", "false"} {
				s := openKeycloak(t, r, account, func(c *Config) { c.Settings["groups"] = groups })
				for _, key := range []string{"ann", "ann@example.org", ids["ann"], "1001", "nobody", ids["gone"]} {
					found, err := s.Person(t.Context(), key)
					systemtest.WantUnavailable(t, len(found), err)
				}
				_, err := readAll(t, s.ListPeople(t.Context()))
				systemtest.WantUnavailable(t, 0, err)
			}
			found, err := openKeycloak(t, r, account).Members(t.Context(), ids["payments"])
			systemtest.WantUnavailable(t, len(found), err)
		})
	}
	for name, change := range map[string]func(*Config){
		"a wrong secret": func(c *Config) { c.Secrets["client_secret"] = "wrong-secret" },
		"another realm":  func(c *Config) { c.Settings["realm"] = "none-of-that-name" },
		"another path":   func(c *Config) { c.URL += "/auth" },
	} {
		found, err := openKeycloak(t, r, change).Person(t.Context(), "ann")
		if systemtest.WantUnavailable(t, len(found), err); t.Failed() {
			t.Fatal(name)
		}
	}
}

// Attributes that the user profile neither declares nor lets through are not stated.
// Which of several values is meant is not guessed.
func attributesInKeycloak(t *testing.T, r *servers.KeycloakRealm) {
	twice := r.AddUser(t, servers.KeycloakUser{Username: "two", Attributes: map[string][]string{"manager": {"ann", "bob"}}})
	found, err := openKeycloak(t, r).Person(t.Context(), "two")
	systemtest.WantUnavailable(t, len(found), err)
	if err == nil || !strings.Contains(err.Error(), "people.fields.manager") {
		t.Errorf("it is not said where: %v", err)
	}
	r.Delete(t, twice)
	declareAttributes(t, r, "")
	defer declareAttributes(t, r, "ADMIN_EDIT")
	if found, err := openKeycloak(t, r).Person(t.Context(), "ann"); err != nil || len(found) != 1 || found[0].Manager != "" {
		t.Errorf("not declared: %+v, %v", found, err)
	}
}

// A list costs its pages, and a request for the number of its rows.
func TestThousandsOfPeopleInKeycloak(t *testing.T) {
	const people, size = 1000, 300
	r := keycloakRealm(t)
	team := r.AddGroup(t, "everyone", "")
	users := make([]servers.KeycloakUser, people)
	for i := range users {
		users[i] = servers.KeycloakUser{Username: fmt.Sprintf("user%04d", i), Email: fmt.Sprintf("user%04d@example.org", i), Groups: []string{"/everyone"}}
	}
	r.Import(t, users)
	recorder := &systemtest.Recorder{Handler: forwarding(t, r.URL)}
	address := systemtest.ServeHTTP(t, recorder)
	s := openKeycloak(t, r, func(c *Config) { c.URL, c.PageSize = address, size })
	asked := 0
	sent := func() int {
		n := len(recorder.Requests()) - asked
		asked += n
		return n
	}
	everybody, err := readAll(t, s.ListPeople(t.Context()))
	// A login; pages and a count of users, of service accounts and of groups.
	if n, want := sent(), 1+(4+1)+(1+1)+(1+1); err != nil || len(everybody) != people+2 || n != want {
		t.Errorf("%d entries after %d requests, want %d: %v", len(everybody), n, want, err)
	}
	members, err := s.Members(t.Context(), team)
	if n := sent(); err != nil || len(members) != people || n != 2 {
		t.Errorf("%d members after %d requests, %v", len(members), n, err)
	}
	if found, err := s.Person(t.Context(), "user0999@example.org"); err != nil || len(found) != 1 || sent() > 4 {
		t.Errorf("got %v, %v", found, err)
	}
	// Everybody was listed in this run already.
	if found, err := s.Person(t.Context(), "nobody@example.org"); err != nil || len(found) != 0 || sent() > 3 {
		t.Errorf("got %v, %v", found, err)
	}
}

// A client may sign who it is instead of keeping a secret.
func signedLoginAtKeycloak(t *testing.T, r *servers.KeycloakRealm) {
	text, _ := certified(t)
	certificate, _ := pem.Decode([]byte(text))
	var clients []map[string]any
	r.Call(t, http.MethodGet, "/clients?clientId="+r.ClientID, nil, &clients)
	client := maps.Clone(clients[0])
	client["clientAuthenticatorType"] = "client-jwt"
	client["attributes"] = map[string]any{"jwt.credential.certificate": base64.StdEncoding.EncodeToString(certificate.Bytes)}
	r.Call(t, http.MethodPut, "/clients/"+fmt.Sprint(client["id"]), client, nil)
	s := openKeycloak(t, r, func(c *Config) { c.Secrets = map[string]string{"client_id": r.ClientID, "private_key": text} })
	if found, err := s.Person(t.Context(), "ann"); err != nil || len(found) != 1 {
		t.Errorf("got %v, %v", found, err)
	}
}
