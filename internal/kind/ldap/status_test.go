package ldap_test

import (
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/ldap"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

// What is said of a lock is held against what slapd does: it lets a person in or
// does not.
func TestOpenLDAPLocks(t *testing.T) {
	d := servers.Slapd(t)
	p := newTestSubtree(t, d, false)
	policies := d.Unit(t, "policies", p.base)
	policy := func(name, lockout string) string {
		dn := "cn=" + name + "," + policies
		d.Add(t, dn, map[string][]string{
			"objectClass": {"device", "pwdPolicy"}, "cn": {name}, "pwdAttribute": {"userPassword"}, "pwdLockout": maybe(lockout),
		})
		return dn
	}
	locking, lenient, mute := policy("locking", "TRUE"), policy("lenient", "FALSE"), policy("mute", "")
	const forever = "000001010000Z"
	c := p.config()
	s := mustNew(t, c)
	for uid, test := range map[string]struct {
		attributes map[string][]string
		disabled   bool
	}{
		"plain":       {nil, false},
		"locked":      {map[string][]string{"pwdAccountLockedTime": {forever}, "pwdPolicySubentry": {locking}}, true},
		"lenient":     {map[string][]string{"pwdAccountLockedTime": {forever}, "pwdPolicySubentry": {lenient}}, false},
		"mute":        {map[string][]string{"pwdAccountLockedTime": {forever}, "pwdPolicySubentry": {mute}}, false},
		"dangling":    {map[string][]string{"pwdAccountLockedTime": {forever}, "pwdPolicySubentry": {"cn=gone," + policies}}, false},
		"unpoliced":   {map[string][]string{"pwdAccountLockedTime": {forever}}, false},
		"never valid": {map[string][]string{"pwdStartTime": {"20200101000000Z"}, "pwdEndTime": {"20190101000000Z"}, "pwdPolicySubentry": {mute}}, true},
		"valid":       {map[string][]string{"pwdStartTime": {"20200101000000Z"}, "pwdEndTime": {"20980101000000Z"}, "pwdPolicySubentry": {mute}}, false},
	} {
		dn := "uid=" + uid + "," + p.people
		attributes := map[string][]string{"objectClass": {"inetOrgPerson"}, "uid": {uid}, "cn": {uid}, "sn": {"x"}, "userPassword": {"pw"}}
		for name, values := range test.attributes {
			attributes[name] = values
		}
		d.Add(t, dn, attributes)
		if err := d.Login(t, dn, "pw"); (err != nil) != test.disabled {
			t.Errorf("%s: slapd says %v, which the test does not expect", uid, err)
		}
		want := lifecycle.PersonActive
		if test.disabled {
			want = lifecycle.PersonSuspended
		}
		if got := one(t, s, uid); got.Status != want {
			t.Errorf("%s: got %s, want %s", uid, got.Status, want)
		}
	}
	c.PasswordPolicyDN = locking
	if got := one(t, mustNew(t, c), "unpoliced"); got.Status != lifecycle.PersonSuspended {
		t.Errorf("under a default policy that locks: got %s", got.Status)
	}
	c.DisabledStatus = "left"
	if got := one(t, mustNew(t, c), "locked"); got.Status != lifecycle.PersonLeft {
		t.Errorf("disabled_status = left: got %s", got.Status)
	}
	c.DisabledStatus = "active"
	if got := one(t, mustNew(t, c), "locked"); got.Status != lifecycle.PersonActive {
		t.Errorf("disabled_status = active: got %s", got.Status)
	}
	// A lock from wrong passwords ends by itself and says nothing of a person.
	d.Set(t, "uid=locked,"+p.people, map[string][]string{"pwdAccountLockedTime": {"20260101000000Z"}})
	if got := one(t, mustNew(t, p.config()), "locked"); got.Status != lifecycle.PersonActive {
		t.Errorf("locked for a while: got %s", got.Status)
	}
}

func TestStatusAttribute(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false)
	for uid, word := range map[string]string{"ann": "Active", "bob": "TERMINATED", "cam": "Sabbatical", "dan": "", "eve": "on leave"} {
		p.server.Add(t, "uid="+uid+","+p.people, map[string][]string{
			"objectClass": {"inetOrgPerson"}, "uid": {uid}, "cn": {uid}, "sn": {"x"}, "departmentNumber": maybe(word),
		})
	}
	p.server.Add(t, "uid=two,"+p.people, map[string][]string{
		"objectClass": {"inetOrgPerson"}, "uid": {"two"}, "cn": {"two"}, "sn": {"x"}, "departmentNumber": {"terminated", "active"},
	})
	c := p.config()
	c.StatusAttribute, c.States = "departmentNumber", map[string]string{"Terminated": "left", "on leave": "suspended"}
	s := mustNew(t, c)
	for uid, want := range map[string]lifecycle.Person{
		"ann": {Status: lifecycle.PersonActive}, "bob": {Status: lifecycle.PersonLeft}, "eve": {Status: lifecycle.PersonSuspended},
		"cam": {StatusText: "Sabbatical"}, "dan": {}, "two": {StatusText: "active, terminated"},
	} {
		if got := one(t, s, uid); got.Status != want.Status || got.StatusText != want.StatusText {
			t.Errorf("%s: got %s %q, want %s %q", uid, got.Status, got.StatusText, want.Status, want.StatusText)
		}
	}
	c.States[""] = "active"
	if got := one(t, mustNew(t, c), "dan"); got.Status != lifecycle.PersonActive {
		t.Errorf("no word mapped to active: got %s", got.Status)
	}
}

func TestKindsAndDates(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false)
	for uid, more := range map[string]map[string][]string{
		"ann": {"employeeType": {"Contractor"}, "shadowExpire": {"21000"}},
		"bob": {"employeeType": {"Freelance"}, "shadowExpire": {"-1"}},
		"cam": {"employeeType": {"Intern"}, "departmentNumber": {"2027-06-30"}},
		"dan": {"departmentNumber": {"soon"}},
		"two": {"employeeType": {"Employee", "Contractor", "Zebra"}},
	} {
		attributes := map[string][]string{
			"objectClass": {"inetOrgPerson", "shadowAccount"}, "uid": {uid}, "cn": {uid}, "sn": {"x"},
		}
		for name, values := range more {
			attributes[name] = values
		}
		p.server.Add(t, "uid="+uid+","+p.people, attributes)
	}
	c := p.config()
	c.EndDateAttribute, c.Kinds = "shadowExpire", map[string]string{"freelance": "vendor"}
	s := mustNew(t, c)
	for uid, want := range map[string]lifecycle.Person{
		"ann": {Kind: lifecycle.KindContractor, EndDate: time.Date(2027, 6, 30, 23, 59, 59, 0, time.UTC)},
		"bob": {Kind: lifecycle.KindVendor},
		"cam": {Kind: lifecycle.KindUnstated},
		"dan": {Kind: lifecycle.KindEmployee},
		"two": {Kind: lifecycle.KindContractor},
	} {
		if got := one(t, s, uid); got.Kind != want.Kind || !got.EndDate.Equal(want.EndDate) {
			t.Errorf("%s: got %s %s, want %s %s", uid, got.Kind, got.EndDate, want.Kind, want.EndDate)
		}
	}
	c.EndDateAttribute = "departmentNumber"
	s = mustNew(t, c)
	if got := one(t, s, "cam"); !got.EndDate.Equal(time.Date(2027, 6, 30, 23, 59, 59, 0, time.UTC)) {
		t.Errorf("got %s", got.EndDate)
	}
	if _, err := s.Person(t.Context(), "dan"); err == nil || !strings.Contains(err.Error(), `"soon" is not a date`) {
		t.Errorf("got %v", err)
	}
}

// The preset as an administrator of a domain would use it: the whole domain for
// a base.
func TestActiveDirectoryAccounts(t *testing.T) {
	d := servers.Samba(t)
	p := newTestSubtree(t, d, true)
	end := time.Date(2020, 6, 30, 22, 0, 0, 0, time.UTC)
	add := func(name string, more map[string][]string) {
		attributes := map[string][]string{
			"objectClass": {"user"}, "cn": {name}, "sAMAccountName": {p.name + name}, "userPrincipalName": {p.name + name + "@ad.test"},
			"userAccountControl": {"544"}, "displayName": {"Display " + name},
		}
		for attribute, values := range more {
			attributes[attribute] = values
		}
		d.Add(t, "cn="+name+","+p.people, attributes)
	}
	add("boss", nil)
	add("plain", map[string][]string{"manager": {"cn=boss," + p.people}, "accountExpires": {"0"}, "employeeType": {"vendor"}})
	add("disabled", map[string][]string{"userAccountControl": {"546"}, "accountExpires": {"9223372036854775807"}})
	add("expired", map[string][]string{"accountExpires": {fileTime(end)}})
	add("future", map[string][]string{"accountExpires": {fileTime(end.AddDate(40, 0, 0))}})
	team := p.addGroup(t, "Payments", []string{"cn=plain," + p.people}, map[string][]string{"sAMAccountName": {p.name + "pay"}})
	p.addGroup(t, "Company", []string{team}, map[string][]string{"sAMAccountName": {p.name + "all"}})

	c := p.config()
	c.BaseDN = d.BaseDN
	s := mustNew(t, c)
	for name, want := range map[string]lifecycle.Person{
		"plain": {
			Status: lifecycle.PersonActive, Manager: p.name + "boss", Teams: []string{p.name + "pay"}, Kind: lifecycle.KindVendor, Name: "Display plain",
		},
		"disabled": {Status: lifecycle.PersonSuspended, Kind: lifecycle.KindEmployee, Name: "Display disabled"},
		"expired":  {Status: lifecycle.PersonActive, EndDate: end, Kind: lifecycle.KindEmployee, Name: "Display expired"},
		"future":   {Status: lifecycle.PersonActive, EndDate: end.AddDate(40, 0, 0), Kind: lifecycle.KindEmployee, Name: "Display future"},
	} {
		for _, key := range []string{p.name + name, p.name + strings.ToUpper(name), p.name + name + "@AD.test"} {
			got := one(t, s, key)
			if got.ID != p.name+name || got.Username != got.ID || got.Status != want.Status || !got.EndDate.Equal(want.EndDate) || got.Manager != want.Manager ||
				got.Kind != want.Kind || got.Name != want.Name || strings.Join(got.Teams, " ") != strings.Join(want.Teams, " ") {
				t.Errorf("Person(%q)\ngot  %+v\nwant %+v", key, got, want)
			}
		}
	}
	for team, want := range map[string]string{p.name + "pay": p.name + "plain", p.name + "all": p.name + "plain"} {
		if got := ids(t, s, team); got != want {
			t.Errorf("Members(%q) = %q, want %q", team, got, want)
		}
		if got := one(t, s, team); got.Kind != lifecycle.KindTeam {
			t.Errorf("got %+v", got)
		}
	}
	if err := d.Login(t, "cn=disabled,"+p.people, "pw"); err == nil || !strings.Contains(err.Error(), "49") {
		t.Errorf("the domain controller says %v", err)
	}
	testGUID(t, c, p)
}

// testGUID names people by the key that no rename changes.
func testGUID(t *testing.T, c ldap.Config, p *testSubtree) {
	c.IDAttribute = "objectGUID"
	s := mustNew(t, c)
	got := one(t, s, p.name+"plain")
	if len(got.ID) != 36 || got.Username != p.name+"plain" {
		t.Fatalf("got %+v", got)
	}
	if again := one(t, s, strings.ToUpper(got.ID)); again.ID != got.ID || len(again.Manager) != 36 {
		t.Errorf("got %+v", again)
	}
	if found, err := s.Person(t.Context(), "00000000-0000-0000-0000-000000000000"); err != nil || len(found) != 0 {
		t.Errorf("got %+v, %v", found, err)
	}
}
