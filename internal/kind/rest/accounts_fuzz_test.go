package rest

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// FuzzAccount holds the shipped descriptions to what a server may answer for an account:
// it is read with an id and with whether it is enabled, or not at all.
func FuzzAccount(f *testing.F) {
	var all []*System
	for _, name := range shippedKinds(f) {
		if s := shippedSystem(f, name); s.accounts != nil {
			all = append(all, s)
		}
	}
	if len(all) < 6 {
		f.Fatalf("%d descriptions have accounts", len(all))
	}
	for _, body := range []string{
		`{"id": "u1", "username": "ann", "enabled": true}`, `{"id": 2, "login": "ann", "active": true, "prohibit_login": false, "last_login": "0001-01-01T00:00:00Z"}`,
		`{"id": "00u1", "status": "SUSPENDED", "profile": {"login": "ann"}}`, `{"id": "a", "userPrincipalName": "ann", "accountEnabled": null}`,
		`{"id": "1", "primaryEmail": "a@b", "suspended": false, "lastLoginTime": "1970-01-01T00:00:00.000Z"}`, `{"id": 11, "username": "ann", "state": "ldap_blocked"}`, `[]`, `null`,
		`{"id": {}, "enabled": "true"}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, s := range all {
			item, err := decode(&httpclient.Response{Body: body}, false)
			if err != nil {
				return
			}
			if a, err := s.accountOf(item, "u1"); err == nil && (a.ID == "" || a.Name == "") {
				t.Errorf("%s: %s is read as %+v", s.config.Kind, body, a)
			}
		}
	})
}
