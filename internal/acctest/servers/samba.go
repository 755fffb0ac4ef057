package servers

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/go-ldap/ldap/v3"
)

const sambaBase = "DC=ad,DC=test"

var samba Shared[*Directory]

// Samba returns an Active Directory domain controller: Samba's. Its ports cannot
// be chosen, so it gets an address of the loopback network to itself.
func Samba(t testing.TB) *Directory {
	t.Helper()
	skipShort(t, "samba")
	path := RequireProgram(t, "samba", "samba", "/usr/sbin/samba")
	tool := RequireProgram(t, "samba", "samba-tool")
	Require(t, "samba", os.Geteuid() == 0, "run the tests as root: a domain controller listens on port 389")
	return samba.Get(t, func(dir string) (*Directory, func(), error) { return startSamba(path, tool, dir) })
}

func startSamba(path, tool, dir string) (*Directory, func(), error) {
	ctx := context.Background()
	ip, err := loopbackAddress()
	if err != nil {
		return nil, nil, err
	}
	cert, err := NewCertificate(dir, ip)
	if err != nil {
		return nil, nil, err
	}
	d := &Directory{
		URL: "ldap://" + ip + ":389", URLs: "ldaps://" + ip + ":636", Cert: cert, BaseDN: sambaBase, Password: "t0p-Secret-canary",
		Admin: "administrator@ad.test", Reader: "reader@ad.test", Switcher: "switcher@ad.test",
	}
	domain := filepath.Join(dir, "d")
	if _, err := Do(ctx, dir, nil, tool, "domain", "provision", "--realm=AD.TEST", "--domain=ADTEST", "--adminpass="+d.Password,
		"--server-role=dc", "--dns-backend=NONE", "--use-rfc2307", "--targetdir="+domain, "--host-name=dc1", "--host-ip="+ip,
		"--option=interfaces=lo", "--option=bind interfaces only=yes", "--option=log file="+dir+"/log.%m",
		// Access lists go to attributes that root may write in a container as well.
		"--option=acl_xattr:security_acl_name=user.NTACL"); err != nil {
		return nil, nil, err
	}
	conf := filepath.Join(domain, "etc", "smb.conf")
	d.tool = func(ctx context.Context, args ...string) error {
		_, err := Do(ctx, dir, nil, tool, append(args, "-s", conf)...)
		return err
	}
	for _, name := range []string{"reader", "switcher"} {
		if err := d.tool(ctx, "user", "create", name, d.Password); err != nil {
			return nil, nil, err
		}
	}
	p, err := Start(ctx, Spec{
		Name: "samba", Path: path, Dir: dir, Ready: d.connect,
		Args: []string{
			"-i", "-M", "single", "-s", conf,
			// A mask of all bits would name a network that the machine is not in.
			"--option=interfaces=" + ip + "/8", "--option=server services=ldap", "--option=dcerpc endpoint servers=",
			"--option=ldap server require strong auth=no",
			"--option=pid directory=" + domain, "--option=ncalrpc dir=" + filepath.Join(domain, "ncalrpc"), "--option=log file=" + dir + "/log.%m",
			"--option=tls cafile=" + cert.CAFile, "--option=tls certfile=" + cert.CertFile, "--option=tls keyfile=" + cert.KeyFile,
		},
	})
	if err != nil {
		return nil, nil, err
	}
	return d, p.Stop, nil
}

// loopbackAddress returns an address of 127.0.0.0/8 on whose port 389 nobody
// listens.
func loopbackAddress() (string, error) {
	var err error
	for range 20 {
		var b [3]byte
		_, _ = rand.Read(b[:])
		ip := fmt.Sprintf("127.%d.%d.%d", 1+b[0]%250, b[1], 1+b[2]%250)
		var l net.Listener
		if l, err = net.Listen("tcp", net.JoinHostPort(ip, "389")); err == nil {
			return ip, l.Close()
		}
	}
	return "", fmt.Errorf("a domain controller needs port 389 of an address of its own; does a directory server of this machine take it on all of them? %w", err)
}

// SetPrimaryGroup makes a group the primary one of a person, as an administrator
// does: the person must be a member of it before, and is among its members no
// longer.
func (d *Directory) SetPrimaryGroup(t testing.TB, person, group string) {
	t.Helper()
	found, err := d.admin.Search(ldap.NewSearchRequest(group, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 0, 0, false, "(objectClass=*)", []string{"objectSid"}, nil))
	if err != nil || len(found.Entries) != 1 {
		t.Fatalf("search %s: %v", group, err)
	}
	sid := found.Entries[0].GetRawAttributeValue("objectSid")
	if len(sid) < 4 {
		t.Fatalf("%s has the security identifier %x", group, sid)
	}
	d.Set(t, person, map[string][]string{"primaryGroupID": {strconv.FormatUint(uint64(binary.LittleEndian.Uint32(sid[len(sid)-4:])), 10)}})
}

// AllowSwitching lets the Switcher switch the accounts below a unit: it may write two
// properties of user objects, and nothing else.
func (d *Directory) AllowSwitching(t testing.TB, unit string) {
	t.Helper()
	sid := d.sid(t, "(userPrincipalName="+d.Switcher+")")
	for _, property := range []string{"bf967a68-0de6-11d0-a285-00aa003049e2", "bf967915-0de6-11d0-a285-00aa003049e2"} {
		if err := d.tool(t.Context(), "dsacl", "set", "-H", d.URL, "-U", "administrator%"+d.Password, "--objectdn="+unit,
			"--sddl=(OA;CIIO;WP;"+property+";bf967aba-0de6-11d0-a285-00aa003049e2;"+sid+")"); err != nil {
			t.Fatal(err)
		}
	}
}

// sid returns the security identifier of the one entry that a filter finds, as text.
func (d *Directory) sid(t testing.TB, filter string) string {
	t.Helper()
	found, err := d.admin.Search(ldap.NewSearchRequest(d.BaseDN, ldap.ScopeWholeSubtree, ldap.NeverDerefAliases, 0, 0, false, filter, []string{"objectSid"}, nil))
	if err != nil || len(found.Entries) != 1 {
		t.Fatalf("search %s: %v", filter, err)
	}
	raw := found.Entries[0].GetRawAttributeValue("objectSid")
	if len(raw) < 8 || len(raw) != 8+4*int(raw[1]) {
		t.Fatalf("%s has the security identifier %x", filter, raw)
	}
	text := fmt.Sprintf("S-%d-%d", raw[0], binary.BigEndian.Uint64(append([]byte{0, 0}, raw[2:8]...)))
	for at := 8; at < len(raw); at += 4 {
		text += fmt.Sprintf("-%d", binary.LittleEndian.Uint32(raw[at:]))
	}
	return text
}

// SetPassword gives a person of Active Directory a password.
func (d *Directory) SetPassword(t testing.TB, name, password string) {
	t.Helper()
	if err := d.tool(t.Context(), "user", "setpassword", name, "--newpassword="+password); err != nil {
		t.Fatal(err)
	}
}
