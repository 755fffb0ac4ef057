package ldap_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/ldap"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// policy adds a password policy below the place.
func (p *testSubtree) policy(t testing.TB, name, lockout string) string {
	t.Helper()
	dn := "cn=" + name + "," + p.base
	p.server.Add(t, dn, map[string][]string{
		"objectClass": {"device", "pwdPolicy"}, "cn": {name}, "pwdAttribute": {"userPassword"}, "pwdLockout": maybe(lockout),
	})
	return dn
}

const accountPassword = "Acc0unt-canary!x"

// account adds an account that can log in, and returns its name.
func (p *testSubtree) account(t testing.TB, subject, policy string) string {
	t.Helper()
	dn := "cn=" + subject + "," + p.people
	if p.ad {
		p.server.Add(t, dn, map[string][]string{
			"objectClass": {"user"}, "cn": {subject}, "sAMAccountName": {p.login(subject)}, "employeeNumber": {subject}, "userAccountControl": {"544"},
		})
		p.server.SetPassword(t, p.login(subject), accountPassword)
		p.server.Set(t, dn, map[string][]string{"userAccountControl": {"512"}})
		return dn
	}
	p.server.Add(t, dn, map[string][]string{
		"objectClass": {"inetOrgPerson"}, "cn": {subject}, "sn": {"x"}, "uid": {subject}, "userPassword": {accountPassword}, "pwdPolicySubentry": maybe(policy),
	})
	return dn
}

// login is a name that is unique in a domain.
func (p *testSubtree) login(subject string) string { return p.name + subject }

// switcher switches accounts of the place with the least rights.
func (p *testSubtree) switcher() ldap.Config {
	c := p.config()
	c.BindDN, c.BaseDN = p.server.Switcher, p.people
	if p.ad {
		c.IDAttribute, c.UsernameAttributes = "employeeNumber", []string{"employeeNumber"}
	}
	return c
}

func accountsConform(t *testing.T, server func(testing.TB) *servers.Directory, ad bool) {
	h := systemtest.AccountsHarness{Asserts: !ad, Broken: make(map[string]func(*testing.T) system.Accounts)}
	stage := func(t *testing.T, subjects ...string) *testSubtree {
		p := newTestSubtree(t, server(t), ad)
		policy := ""
		if ad {
			p.server.AllowSwitching(t, p.people)
		} else {
			policy = p.policy(t, "locking", "TRUE")
		}
		for _, subject := range subjects {
			p.account(t, subject, policy)
		}
		return p
	}
	h.Open = func(t *testing.T, subjects ...string) systemtest.Stage {
		p := stage(t, subjects...)
		reader := p.switcher()
		reader.BindDN = p.server.Reader
		lock, end := "pwdAccountLockedTime", "pwdEndTime"
		if ad {
			lock, end = "userAccountControl", "accountExpires"
		}
		return systemtest.Stage{
			Target: mustNew(t, p.switcher()), Reader: mustNew(t, reader),
			Another: func(t *testing.T) system.Accounts { return mustNew(t, p.switcher()) },
			Right:   map[system.AccountAct]string{system.EnableAccount: lock, system.DisableAccount: lock, system.SetAccountEnd: end},
			Lets: func(t *testing.T, subject string) bool {
				return p.server.Login(t, "cn="+subject+","+p.people, accountPassword) == nil
			},
			Delete: func(t *testing.T, subject string) { p.server.Delete(t, "cn="+subject+","+p.people) },
		}
	}
	for name, d := range brokenSetups {
		switch name {
		case "base of groups is gone", "base of leavers is gone", "probe that is not found":
			continue // accounts are neither groups nor below these, and are no owners
		}
		h.Broken[name] = func(t *testing.T) system.Accounts {
			p := stage(t, "ann")
			c := p.switcher()
			d.spoil(t, p, &c)
			if c.IDAttribute != "" {
				c.UsernameAttributes = []string{c.IDAttribute}
			}
			return mustNew(t, c)
		}
	}
	systemtest.Accounts(t, h)
}

func TestAccountsOfOpenLDAPConform(t *testing.T)        { accountsConform(t, servers.Slapd, false) }
func TestAccountsOfActiveDirectoryConform(t *testing.T) { accountsConform(t, servers.Samba, true) }

// The page of the kind shows the rules with which the suite has run.
func TestThePageShowsTheLeastRights(t *testing.T) {
	page, err := os.ReadFile("../../../templates/guides/system-ldap.md")
	if err != nil {
		t.Fatal(err)
	}
	rules := strings.NewReplacer("PEOPLE", "ou=people,dc=example,dc=org", "POLICIES", "ou=policies,dc=example,dc=org",
		"WHO", "cn=custody-accounts,ou=services,dc=example,dc=org").Replace(servers.SlapdSwitcherRules)
	if !strings.Contains(string(page), "```\n"+rules+"```\n") {
		t.Errorf("the page does not show these rules:\n%s", rules)
	}
}

// refusal reads an account and returns why an act on it is refused beforehand.
func refusal(t *testing.T, s *ldap.System, subject string, act system.AccountAct) (*system.Account, string) {
	t.Helper()
	a, err := s.Account(t.Context(), subject)
	if err != nil || a == nil {
		t.Fatalf("got %+v, %v", a, err)
	}
	var f *fault.Fault
	if !errors.As(a.Refusals[act], &f) {
		return a, ""
	}
	return a, f.Happened + " " + f.Advice
}

// A lock is refused where slapd would accept it and let the account in.
func TestALockThatIsNotEnforcedIsRefused(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false)
	lenient := p.policy(t, "lenient", "FALSE")
	for subject, c := range map[string]struct {
		policy, configured string
		lock, end          string
	}{
		"locking":  {p.policy(t, "locking", "TRUE"), "", "", ""},
		"lenient":  {lenient, "", "does not show pwdLockout TRUE", ""},
		"mute":     {p.policy(t, "mute", ""), "", "does not show pwdLockout TRUE", ""},
		"default":  {"", lenient, "does not show pwdLockout TRUE", ""},
		"unknown":  {"", "", "Set password_policy_dn", "Set password_policy_dn"},
		"dangling": {"cn=gone," + p.base, "", "is not there", "is not there"},
	} {
		dn := p.account(t, subject, c.policy)
		config := p.switcher()
		config.PasswordPolicyDN = c.configured
		s := mustNew(t, config)
		a, why := refusal(t, s, subject, system.DisableAccount)
		if !strings.Contains(why, c.lock) || (c.lock == "") != (why == "") {
			t.Errorf("%s: the lock is refused with %q, want %q", subject, why, c.lock)
		}
		if _, why := refusal(t, s, subject, system.SetAccountEnd); !strings.Contains(why, c.end) || (c.end == "") != (why == "") {
			t.Errorf("%s: the end is refused with %q, want %q", subject, why, c.end)
		}
		if err := s.SetEnabled(t.Context(), a, false); (err != nil) != (c.lock != "") {
			t.Errorf("%s: %v", subject, err)
		}
		p.server.Set(t, dn, map[string][]string{"pwdAccountLockedTime": {"000001010000Z"}})
		again, _ := refusal(t, s, subject, system.DisableAccount)
		if lets := p.server.Login(t, dn, accountPassword) == nil; again.Enabled != lets && subject != "default" {
			t.Errorf("%s: it is said to be enabled %v, and slapd lets it in %v", subject, again.Enabled, lets)
		}
	}
}

// An account whose time of use ends before it begins is disabled; to enable it takes
// the beginning away, and leaves the end.
func TestAClosedTimeOfUse(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false)
	dn := p.account(t, "ann", p.policy(t, "locking", "TRUE"))
	p.server.Set(t, dn, map[string][]string{"pwdStartTime": {"20990101000000Z"}, "pwdEndTime": {"20980101000000Z"}})
	s := mustNew(t, p.switcher())
	a, _ := refusal(t, s, "ann", system.EnableAccount)
	if a.Enabled || p.server.Login(t, dn, accountPassword) == nil {
		t.Fatalf("got %+v", a)
	}
	// A later end would open it.
	if _, why := refusal(t, s, "ann", system.SetAccountEnd); !strings.Contains(why, "A later end would enable it") {
		t.Errorf("got %q", why)
	}
	if err := s.SetEnabled(t.Context(), a, true); err != nil {
		t.Fatal(err)
	}
	a, _ = refusal(t, s, "ann", system.EnableAccount)
	if !a.Enabled || a.ExpiresAt.Year() != 2098 || p.server.Login(t, dn, accountPassword) != nil {
		t.Errorf("got %+v", a)
	}
}

// A lock from wrong passwords ends by itself: the account counts as enabled, and to
// disable it replaces that lock.
func TestALockFromWrongPasswordsIsNoDisabledAccount(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false)
	dn := p.account(t, "ann", p.policy(t, "locking", "TRUE"))
	p.server.Set(t, dn, map[string][]string{"pwdAccountLockedTime": {"20260101000000Z"}})
	s := mustNew(t, p.switcher())
	a, _ := refusal(t, s, "ann", system.DisableAccount)
	if !a.Enabled {
		t.Errorf("got %+v", a)
	}
	if err := s.SetEnabled(t.Context(), a, false); err != nil {
		t.Fatal(err)
	}
	if a, _ = refusal(t, s, "ann", system.DisableAccount); a.Enabled {
		t.Errorf("got %+v", a)
	}
}

func TestLastUseOfAnAccount(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false)
	dn := p.account(t, "ann", p.policy(t, "locking", "TRUE"))
	s := mustNew(t, p.switcher())
	if a, _ := refusal(t, s, "ann", system.DisableAccount); !a.LastUsedAt.IsZero() {
		t.Errorf("before any login: %s", a.LastUsedAt)
	}
	if err := p.server.Login(t, dn, accountPassword); err != nil {
		t.Fatal(err)
	}
	if a, _ := refusal(t, s, "ann", system.DisableAccount); a.LastUsedAt.IsZero() || a.LastUsedAt.Location() != time.UTC {
		t.Errorf("after a login: %s", a.LastUsedAt)
	}
}

func TestASubjectOfSeveralAccountsIsRefused(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false)
	p.account(t, "ann", "")
	p.server.Add(t, "cn=other,"+p.people, map[string][]string{"objectClass": {"inetOrgPerson"}, "sn": {"x"}, "uid": {"Ann"}})
	a, err := mustNew(t, p.switcher()).Account(t.Context(), "ann")
	if a != nil || !errors.Is(err, fault.ErrConfig) || !strings.Contains(err.Error(), "holds 2 entries") {
		t.Errorf("got %+v, %v", a, err)
	}
}

// What may not be read is not taken for an account without a lock, nor for one that
// is absent.
func TestRightsThatAreMissingToReadAccounts(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false)
	p.account(t, "ann", p.policy(t, "locking", "TRUE"))
	c := p.switcher()
	for name, spoil := range map[string]func(c *ldap.Config){
		"an account that sees nothing": func(c *ldap.Config) { c.BindDN = servers.SlapdBlind + "," + p.server.BaseDN },
		"an account that sees nobody":  func(c *ldap.Config) { c.BindDN = servers.SlapdShallow + "," + p.server.BaseDN },
		"an id that may not be read":   func(c *ldap.Config) { c.IDAttribute, c.UsernameAttributes = "employeeNumber", []string{"uid"} },
	} {
		c := c
		spoil(&c)
		for _, subject := range []string{"ann", "nobody"} {
			a, err := mustNew(t, c).Account(t.Context(), subject)
			if name == "an id that may not be read" && subject == "ann" {
				continue // found by the user name, which may be read
			}
			if a != nil || !errors.Is(err, fault.ErrUnavailable) {
				t.Errorf("%s, %s: got %+v, %v", name, subject, a, err)
			}
		}
	}
	// The reader of people may read everything but the lock.
	p.server.Set(t, "cn=ann,"+p.people, map[string][]string{"pwdAccountLockedTime": {"000001010000Z"}})
	c.BindDN = servers.SlapdLockless + "," + p.server.BaseDN
	a, err := mustNew(t, c).Account(t.Context(), "ann")
	if a != nil || !errors.Is(err, fault.ErrUnavailable) || !strings.Contains(err.Error(), "read and search it") {
		t.Errorf("got %+v, %v", a, err)
	}
}

func TestCustodyDoesNotDisableItself(t *testing.T) {
	p := newTestSubtree(t, servers.Slapd(t), false)
	dn := p.account(t, "robot", p.policy(t, "locking", "TRUE"))
	c := p.switcher()
	c.BindDN, c.Password = dn, accountPassword
	if _, why := refusal(t, mustNew(t, c), "robot", system.DisableAccount); !strings.Contains(why, "with which custody itself logs in") {
		t.Errorf("got %q", why)
	}
}

// Of all the bits of userAccountControl one is changed.
func TestOtherBitsOfAnAccountAreKept(t *testing.T) {
	p := newTestSubtree(t, servers.Samba(t), true)
	p.server.AllowSwitching(t, p.people)
	dn := p.account(t, "ann", "")
	const neverExpires = "66048" // NORMAL_ACCOUNT and DONT_EXPIRE_PASSWORD
	p.server.Set(t, dn, map[string][]string{"userAccountControl": {neverExpires}})
	s := mustNew(t, p.switcher())
	for _, c := range []struct {
		enabled bool
		want    string
	}{{false, "66050"}, {true, neverExpires}} {
		a, why := refusal(t, s, "ann", system.DisableAccount)
		if why != "" {
			t.Fatal(why)
		}
		if err := s.SetEnabled(t.Context(), a, c.enabled); err != nil {
			t.Fatal(err)
		}
		if got := p.server.Value(t, dn, "userAccountControl"); got != c.want {
			t.Errorf("enabled %v: the bits are %s, want %s", c.enabled, got, c.want)
		}
	}
	// The right that is missing is known before anything is tried.
	c := p.switcher()
	c.BindDN = p.server.Reader
	if _, why := refusal(t, mustNew(t, c), "ann", system.DisableAccount); !strings.Contains(why, "lacks the right to write userAccountControl") || !strings.Contains(why, "WP;userAccountControl;user") {
		t.Errorf("got %q", why)
	}
}
