package servers

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

// Directory is a directory server that a test may fill.
type Directory struct {
	URL      string // ldap://
	URLs     string // ldaps://
	Cert     Certificate
	BaseDN   string
	Admin    string // may do everything
	Password string // of every account
	Reader   string // may read everything
	Switcher string // may read and switch accounts; in Active Directory below units that AllowSwitching names
	admin    *ldap.Conn
	tool     func(ctx context.Context, args ...string) error // Samba's
}

// The accounts of the slapd that see less than its Reader, below its BaseDN.
const (
	SlapdBlind    = "cn=blind"    // sees nothing
	SlapdShallow  = "cn=shallow"  // sees the base entries and nobody
	SlapdNoMember = "cn=nomember" // sees everything but who is in a group
	SlapdNoMail   = "cn=nomail"   // sees everything but addresses
	SlapdLimited  = "cn=limited"  // gets 20 entries a page at most and 60 in all
	SlapdLocker   = "cn=locker"   // sees everything, and may lock accounts but not set their ends
	SlapdLockless = "cn=lockless" // sees everything but whether an account is locked
	SlapdSwitcher = "cn=switcher" // may switch accounts, with the rights that the documentation names and no others
)

const slapdBase = "dc=example,dc=test"

// Unpaged searches end after 20 entries, so that whatever asks for more must
// page.
const slapdConfig = `
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb.so
moduleload ppolicy.so
moduleload memberof.so
pidfile @DIR@/slapd.pid
argsfile @DIR@/slapd.args
TLSCACertificateFile @DIR@/ca.pem
TLSCertificateFile @DIR@/cert.pem
TLSCertificateKeyFile @DIR@/key.pem
sizelimit size.soft=20 size.hard=100 size.pr=500 size.prtotal=unlimited
database mdb
suffix "@BASE@"
directory @DIR@/db
dbnosync
maxsize 268435456
rootdn "cn=admin,@BASE@"
rootpw @PASSWORD@
index objectClass,uid,mail,cn,member,employeeNumber eq
limits dn.exact="cn=limited,@BASE@" size.soft=20 size.hard=20 size.pr=20 size.prtotal=60
@SWITCHER@access to attrs=userPassword by self write by anonymous auth by * none
access to attrs=member by dn.exact="cn=nomember,@BASE@" none by * break
access to attrs=pwdAccountLockedTime by dn.exact="cn=locker,@BASE@" write by dn.exact="cn=lockless,@BASE@" none by * break
access to attrs=mail by dn.exact="cn=nomail,@BASE@" none by * break
access to filter="(|(objectClass=person)(objectClass=groupOfNames))" by dn.exact="cn=shallow,@BASE@" none by * break
access to * by dn.exact="cn=switcher,@BASE@" none by dn.exact="cn=blind,@BASE@" none by users read by * none
lastbind on
overlay ppolicy
ppolicy_use_lockout
overlay memberof
`

// SlapdSwitcherRules are the access rules for who switches accounts, as the page of
// the kind shows them: below PEOPLE, by the password policies below POLICIES.
const SlapdSwitcherRules = `access to dn.subtree="PEOPLE" attrs=pwdAccountLockedTime,pwdStartTime,pwdEndTime
  by dn.exact="WHO" write by * break
access to dn.subtree="PEOPLE" attrs=entry,objectClass,uid,entryUUID,entryCSN,pwdPolicySubentry,pwdLastSuccess
  by dn.exact="WHO" read by * break
access to dn.subtree="POLICIES" attrs=entry,objectClass,pwdLockout
  by dn.exact="WHO" read by * break
`

var slapd Shared[*Directory]

// Slapd returns an OpenLDAP server. It holds its accounts and what the tests
// add.
func Slapd(t testing.TB) *Directory {
	t.Helper()
	skipShort(t, "slapd")
	path := RequireProgram(t, "slapd", "slapd", "/usr/sbin/slapd")
	return slapd.Get(t, func(dir string) (*Directory, func(), error) { return startSlapd(path, dir) })
}

func startSlapd(path, dir string) (*Directory, func(), error) {
	cert, err := NewCertificate(dir, "127.0.0.1")
	if err != nil {
		return nil, nil, err
	}
	d := &Directory{Cert: cert, BaseDN: slapdBase, Admin: "cn=admin," + slapdBase, Reader: "cn=reader," + slapdBase, Switcher: SlapdSwitcher + "," + slapdBase, Password: "t0p-Secret-canary"}
	config := strings.NewReplacer("@DIR@", dir, "@BASE@", d.BaseDN, "@PASSWORD@", d.Password,
		"@SWITCHER@", strings.NewReplacer("PEOPLE", d.BaseDN, "POLICIES", d.BaseDN, "WHO", d.Switcher).Replace(SlapdSwitcherRules)).Replace(slapdConfig)
	conf := filepath.Join(dir, "slapd.conf")
	if err := os.WriteFile(conf, []byte(config), 0o600); err != nil {
		return nil, nil, err
	}
	if err := os.Mkdir(filepath.Join(dir, "db"), 0o700); err != nil {
		return nil, nil, err
	}
	if d.URL, err = loopbackURL("ldap"); err != nil {
		return nil, nil, err
	}
	if d.URLs, err = loopbackURL("ldaps"); err != nil {
		return nil, nil, err
	}
	p, err := Start(context.Background(), Spec{
		Name: "slapd", Path: path, Dir: dir, Args: []string{"-f", conf, "-h", d.URL + " " + d.URLs, "-d", "0"}, Ready: d.connect,
	})
	if err != nil {
		return nil, nil, err
	}
	return d, p.Stop, d.seedSlapd()
}

func loopbackURL(scheme string) (string, error) {
	port, err := FreePort()
	return scheme + "://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), err
}

func (d *Directory) connect(ctx context.Context) error {
	u, err := url.Parse(d.URL)
	if err != nil {
		return err
	}
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return err
	}
	c := ldap.NewConn(raw, false)
	c.Start()
	if err := c.Bind(d.Admin, d.Password); err != nil {
		_ = c.Close()
		return err
	}
	d.admin = c
	return nil
}

func (d *Directory) seedSlapd() error {
	base := ldap.NewAddRequest(d.BaseDN, nil)
	base.Attribute("objectClass", []string{"dcObject", "organization"})
	base.Attribute("dc", []string{"example"})
	base.Attribute("o", []string{"Example"})
	if err := d.admin.Add(base); err != nil {
		return err
	}
	for _, name := range []string{"cn=reader", SlapdBlind, SlapdShallow, SlapdNoMember, SlapdNoMail, SlapdLimited, SlapdLocker, SlapdLockless, SlapdSwitcher} {
		account := ldap.NewAddRequest(name+","+d.BaseDN, nil)
		account.Attribute("objectClass", []string{"applicationProcess", "simpleSecurityObject"})
		account.Attribute("userPassword", []string{d.Password})
		if err := d.admin.Add(account); err != nil {
			return err
		}
	}
	return nil
}

// Add adds an entry.
func (d *Directory) Add(t testing.TB, dn string, attributes map[string][]string) {
	t.Helper()
	request := ldap.NewAddRequest(dn, nil)
	for name, values := range attributes {
		if len(values) > 0 {
			request.Attribute(name, values)
		}
	}
	if err := d.admin.Add(request); err != nil {
		t.Fatalf("add %s: %v", dn, err)
	}
}

// Set replaces the values of attributes of an entry.
func (d *Directory) Set(t testing.TB, dn string, attributes map[string][]string) {
	t.Helper()
	request := ldap.NewModifyRequest(dn, nil)
	for name, values := range attributes {
		request.Replace(name, values)
	}
	if err := d.admin.Modify(request); err != nil {
		t.Fatalf("modify %s: %v", dn, err)
	}
}

// Value returns the one value of an attribute of an entry; nothing if there is none.
func (d *Directory) Value(t testing.TB, dn, attribute string) string {
	t.Helper()
	found, err := d.admin.Search(ldap.NewSearchRequest(dn, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{attribute}, nil))
	if err != nil || len(found.Entries) != 1 {
		t.Fatalf("search %s: %v", dn, err)
	}
	return found.Entries[0].GetAttributeValue(attribute)
}

// Delete deletes an entry.
func (d *Directory) Delete(t testing.TB, dn string) {
	t.Helper()
	if err := d.admin.Del(ldap.NewDelRequest(dn, nil)); err != nil {
		t.Fatalf("delete %s: %v", dn, err)
	}
}

// Unit adds an organizational unit and returns its name.
func (d *Directory) Unit(t testing.TB, name, below string) string {
	t.Helper()
	dn := "ou=" + ldap.EscapeDN(name) + "," + below
	d.Add(t, dn, map[string][]string{"objectClass": {"organizationalUnit"}, "ou": {name}})
	return dn
}

// Login tries to log in and returns why it failed.
func (d *Directory) Login(t testing.TB, name, password string) error {
	t.Helper()
	c, err := ldap.DialURL(d.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // nothing was written
	if err := c.Bind(name, password); err != nil {
		return fmt.Errorf("log in as %s: %w", name, err)
	}
	return nil
}
