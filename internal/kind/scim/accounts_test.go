package scim

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// account is a user of a directory of which nothing else is known.
func account(subject string) resource {
	return resource{"id": "id-of-" + subject, "userName": subject, "active": true}
}

func TestAccountsConform(t *testing.T) {
	for name, spec := range map[string]servers.SCIMSpec{
		"filters regard no case": {}, "filters regard case": {Filter: "exact"}, "filters are ignored": {Filter: "ignored"},
	} {
		t.Run(name, func(t *testing.T) { accountsConform(t, spec) })
	}
}

func accountsConform(t *testing.T, spec servers.SCIMSpec) {
	directory := func(t *testing.T, subjects ...string) *servers.SCIMDirectory {
		with := spec
		for _, subject := range append(subjects, "zoe", "zed", "zac") {
			with.Users = append(with.Users, account(subject))
		}
		return servers.StartSCIM(t).Directory(t, with)
	}
	active := func(t *testing.T, d *servers.SCIMDirectory, subject string) bool {
		var got struct{ Active bool }
		d.Call(t, http.MethodGet, "/Users/id-of-"+subject, nil, &got)
		return got.Active
	}
	h := systemtest.AccountsHarness{
		Open: func(t *testing.T, subjects ...string) systemtest.Stage {
			d := directory(t, subjects...)
			right := "PATCH /Users"
			return systemtest.Stage{
				Target: mustNew(t, config(d.URL, d.Token)), Reader: mustNew(t, config(d.URL, d.ReadOnly)),
				Right:   map[system.AccountAct]string{system.EnableAccount: right, system.DisableAccount: right},
				Another: func(t *testing.T) system.Accounts { return mustNew(t, config(d.URL, d.Token)) },
				Lets:    func(t *testing.T, subject string) bool { return active(t, d, subject) },
				Delete:  func(t *testing.T, subject string) { d.Call(t, http.MethodDelete, "/Users/id-of-"+subject, nil, nil) },
			}
		},
		Broken: make(map[string]func(*testing.T) system.Accounts),
	}
	for name, damage := range damages {
		if name == "probe is not found" {
			continue // a probe is asked for where people are
		}
		h.Broken[name] = func(t *testing.T) system.Accounts {
			with := spec
			for _, subject := range []string{"ann", "zoe", "zed", "zac"} {
				with.Users = append(with.Users, account(subject))
			}
			b, c := connect(t, with)
			damage(t, b, &c)
			return mustNew(t, c)
		}
	}
	systemtest.Accounts(t, h)
}

// What a server refuses as it is asked is asked in another form; what it asserts and
// what it says is what it is believed.
func TestFormsOfAChange(t *testing.T) {
	for name, c := range map[string]struct {
		accepts string // a part of the request that it takes
		etag    string
		refuse  int // the status of what it does not take
		enabled bool
		asked   int
		ifMatch string
		want    error
	}{
		"as the RFC writes it":          {`"path":"active"`, "", 400, false, 1, "", nil},
		"without a path":                {`"value":{"active":false}`, "", 400, false, 2, "", nil},
		"in capitals":                   {`"op":"Replace"`, "", 400, false, 3, "", nil},
		"in no form":                    {"nothing", "", 400, false, 3, "", fault.ErrConfig},
		"an enable asserts the version": {`"path":"active"`, `W/"7"`, 400, true, 1, `W/"7"`, nil},
		"a disable does not":            {`"path":"active"`, `W/"7"`, 400, false, 1, "", nil},
		"the version is another":        {"nothing", `W/"7"`, 412, true, 1, `W/"7"`, fault.ErrChanged},
		"no right":                      {"nothing", "", 403, false, 1, "", fault.ErrDenied},
		"no such method":                {"nothing", "", 405, false, 1, "", fault.ErrConfig},
		"a failure":                     {"nothing", "", 500, false, 1, "", fault.ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			b, config := connect(t, servers.SCIMSpec{Users: []resource{account("ann")}})
			asked, ifMatch := 0, ""
			b.answer = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodPatch {
					w.Header().Set("ETag", c.etag)
					return false
				}
				body, _ := io.ReadAll(r.Body)
				asked++
				ifMatch = r.Header.Get("If-Match")
				if !json.Valid(body) || r.Header.Get("Content-Type") != "application/scim+json" {
					t.Errorf("got %s", body)
				}
				if strings.Contains(string(body), c.accepts) {
					w.WriteHeader(http.StatusNoContent)
				} else {
					fail(w, c.refuse)
				}
				return true
			}
			b.spoil = nil
			s := mustNew(t, config)
			a, err := s.Account(t.Context(), "ann")
			if err != nil || a == nil {
				t.Fatalf("got %+v, %v", a, err)
			}
			if c.etag != "" {
				a.Seen = &seenAccount{id: "id-of-ann", version: c.etag}
			}
			err = s.SetEnabled(t.Context(), a, c.enabled)
			if !errors.Is(err, c.want) || c.want == nil && err != nil || asked != c.asked || ifMatch != c.ifMatch {
				t.Errorf("got %v after %d requests with If-Match %q", err, asked, ifMatch)
			}
		})
	}
}

// A user who does not say whether it is active cannot be switched, nor taken for one
// that is not.
func TestAUserWithoutActive(t *testing.T) {
	for _, active := range []any{nil, "", "perhaps", 1} {
		f := newFake(t)
		f.users = []resource{{"id": "1", "userName": "ann", "active": active}, {"id": "2", "userName": "zoe", "active": true}}
		if a, err := mustNew(t, f.config()).Account(t.Context(), "ann"); a != nil || !errors.Is(err, fault.ErrUnavailable) {
			t.Errorf("%v: got %+v, %v", active, a, err)
		}
	}
	// Some servers write it as a text.
	f := newFake(t)
	f.users = []resource{{"id": "1", "userName": "ann", "active": "False", "meta": resource{"version": `W/"3"`}}}
	a, err := mustNew(t, f.config()).Account(t.Context(), "ann")
	if err != nil || a == nil || a.Enabled || a.Seen.(*seenAccount).version != `W/"3"` { //nolint:forcetypeassert // a test
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestASubjectOfSeveralUsers(t *testing.T) {
	f := newFake(t)
	f.users = []resource{{"id": "1", "userName": "ann", "active": true}, {"id": "2", "userName": "other", "active": true, "emails": []any{resource{"value": "Ann"}}}}
	if a, err := mustNew(t, f.config()).Account(t.Context(), "ann"); a != nil || !errors.Is(err, fault.ErrConfig) || !strings.Contains(err.Error(), "holds 2 users") {
		t.Errorf("got %+v, %v", a, err)
	}
}
