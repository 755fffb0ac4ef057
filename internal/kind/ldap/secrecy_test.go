package ldap_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	goldap "github.com/go-ldap/ldap/v3"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/ldap"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// detail returns everything that a user may read of an error.
func detail(t *testing.T, err error) string {
	t.Helper()
	systemtest.WantUnavailable(t, 0, err)
	var f *fault.Fault
	errors.As(err, &f)
	return err.Error() + f.Detail()
}

func TestThePasswordStaysSecret(t *testing.T) {
	const secret = "Canary-7f3a/of+a=<&Token>"
	forms := systemtest.Encodings(secret)
	maps.Copy(forms, systemtest.UnknownEncodings(secret))
	for name, form := range forms {
		for place, f := range map[string]*fake{
			"the login": {bind: done(goldap.ApplicationBindResponse, goldap.LDAPResultInvalidCredentials, form)},
			"the search": {search: func(string, int64) []*ber.Packet {
				return []*ber.Packet{done(goldap.ApplicationSearchResultDone, 80, form)}
			}},
		} {
			c := f.start(t)
			c.Password = secret
			_, err := mustNew(t, c).Person(t.Context(), "kim")
			text := detail(t, err)
			systemtest.WantHidden(t, name+" in the answer to "+place, text, secret)
			if strings.Contains(text, form) || !strings.Contains(text, "LDAP Result Code") {
				t.Errorf("%s in the answer to %s: %s", name, place, text)
			}
		}
	}
	for name, form := range systemtest.Encodings(secret) {
		f := &fake{search: func(string, int64) []*ber.Packet {
			return []*ber.Packet{found("cn="+form+",dc=x", map[string]string{"mail": "kim"}), success("")}
		}}
		c := f.start(t)
		c.Password = secret
		_, err := mustNew(t, c).Person(t.Context(), "kim")
		systemtest.WantHidden(t, name+" as the name of an entry", detail(t, err), secret)
	}
}

// The codes of Active Directory say what is wrong with an account; the rest of
// its message says nothing to anybody.
func TestWhyActiveDirectoryRefusesALogin(t *testing.T) {
	for code, want := range map[string]string{"52e": "(52e: the account or its password is wrong)", "532": "the password has expired", "7ff": `"Invalid Credentials"`} {
		f := &fake{bind: done(goldap.ApplicationBindResponse, goldap.LDAPResultInvalidCredentials,
			"80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data "+code+", v4563")}
		c := f.start(t)
		c.Preset = ldap.ActiveDirectory
		_, err := mustNew(t, c).Person(t.Context(), "kim")
		if text := detail(t, err); !strings.Contains(text, want) || strings.Contains(text, "DSID") {
			t.Errorf("%s: %s", code, text)
		}
	}
}
