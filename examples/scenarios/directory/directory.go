// Package directory starts the directory server of a scenario: a real OpenLDAP server in
// the folder of a copy, on a port of the loopback interface.
package directory

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// The names of the scenario's directory.
const (
	administrator = "cn=admin,dc=example,dc=org"
	people        = "ou=people,dc=example,dc=org"
)

// PasswordVariable is the environment variable from which the provider takes the
// password of its account.
const PasswordVariable = "CUSTODY_CORP_PASSWORD" //nolint:gosec // the name of a variable

// folder is where a scenario keeps the configuration and the entries of its directory.
const folder = "directory"

// Server is the directory of one scenario.
type Server struct {
	URL      string
	Password string // of all accounts
	process  *servers.Process
}

// Wanted reports whether a scenario has a directory of its own.
func Wanted(scenario string) bool {
	_, err := os.Stat(filepath.Join(scenario, folder, "slapd.conf"))
	return err == nil
}

// Program returns the path of slapd; empty if it is not installed.
func Program() string { return servers.FindProgram("slapd", "/usr/sbin/slapd") }

// Start fills the directory of a scenario and starts it. The folder is a copy of the
// scenario's, and is told where the directory answers.
func Start(ctx context.Context, program, scenario string) (*Server, error) {
	port, err := servers.FreePort()
	if err != nil {
		return nil, err
	}
	s := &Server{URL: "ldap://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), Password: rand.Text()}
	run := filepath.Join(scenario, ".directory")
	conf, entries := filepath.Join(run, "slapd.conf"), filepath.Join(run, "people.ldif")
	err = errors.Join(
		os.MkdirAll(filepath.Join(run, "db"), 0o700),
		s.fill(filepath.Join(scenario, folder, "slapd.conf"), conf, run),
		s.fill(filepath.Join(scenario, folder, "people.ldif"), entries, run),
		os.WriteFile(filepath.Join(scenario, "directory.auto.tfvars"), []byte("directory_url = \""+s.URL+"\"\n"), 0o600),
	)
	if err != nil {
		return nil, err
	}
	if _, err := servers.Do(ctx, run, nil, program, "-T", "add", "-f", conf, "-l", entries); err != nil {
		return nil, err
	}
	s.process, err = servers.Start(ctx, servers.Spec{
		Name: "slapd", Path: program, Dir: run, Args: []string{"-f", conf, "-h", s.URL, "-d", "0"},
		Ready: func(context.Context) error { return s.as(administrator, func(*ldap.Conn) error { return nil }) },
	})
	return s, err
}

// fill copies a file with what differs from run to run.
func (s *Server) fill(from, to, run string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, []byte(strings.NewReplacer("@DIR@", run, "@PASSWORD@", s.Password).Replace(string(text))), 0o600) //nolint:gosec // both are folders of the caller's
}

// Stop ends the server.
func (s *Server) Stop() { s.process.Stop() }

// Login tries to log in as somebody does, with the right password.
func (s *Server) Login(account string) (accepted bool, err error) {
	err = s.as(dn(account), func(*ldap.Conn) error { return nil })
	if ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials) {
		return false, nil
	}
	return err == nil, err
}

// Unlock takes the lock of an account away, as an administrator does by hand.
func (s *Server) Unlock(account string) error {
	return s.as(administrator, func(c *ldap.Conn) error {
		change := ldap.NewModifyRequest(dn(account), nil)
		change.Delete("pwdAccountLockedTime", nil)
		return c.Modify(change)
	})
}

func dn(account string) string { return "uid=" + ldap.EscapeDN(account) + "," + people }

// as does something with a connection that has logged in.
func (s *Server) as(name string, do func(*ldap.Conn) error) error {
	c, err := ldap.DialURL(s.URL)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // each request was answered
	if err := c.Bind(name, s.Password); err != nil {
		return fmt.Errorf("log in as %s: %w", name, err)
	}
	return do(c)
}
