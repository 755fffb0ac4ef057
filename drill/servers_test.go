package drill

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/custodyhq/terraform-provider-custody/drill/check"
	"github.com/custodyhq/terraform-provider-custody/drill/world"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// company is a world on real servers: people in PostgreSQL, assets in Request Tracker,
// accounts in OpenLDAP. Several companies share the servers and see nothing of each
// other.
type company struct {
	*world.World
	name     string
	now      time.Time
	db       *servers.Database
	tracker  *servers.RequestTracker
	ldap     *servers.Directory
	schema   string
	people   string // where the accounts are
	policy   string
	numbers  map[string]string // of assets in Request Tracker, by their names
	tasks    map[string]int    // how many were opened
	proxies  map[string]*proxy
	users    *users
	accounts []string // in the directory
	roles    []string // in the database
}

// users are those of Request Tracker, which companies share, with their numbers.
type users struct {
	mu      sync.Mutex
	numbers map[string]string
}

// number returns the number of a user who may own tickets, and makes one if need be.
func (u *users) number(t *testing.T, rt *servers.RequestTracker, name string) string {
	t.Helper()
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.numbers[name] == "" {
		rt.Load(t, []string{name}, nil)
		u.numbers[name] = rt.User(t, name)
	}
	return u.numbers[name]
}

var catalogs = []string{world.Laptops, world.UserAccounts, world.Applications}

// found builds the company on the servers.
func found(t *testing.T, name string, w *world.World, now time.Time, u *users) *company {
	t.Helper()
	c := &company{
		World: w, name: name, now: now, db: servers.Postgres(t), tracker: servers.StartRequestTracker(t), ldap: servers.Slapd(t),
		tasks: map[string]int{}, users: u, proxies: map[string]*proxy{},
	}
	c.schema = c.db.Schema(t, "CREATE TABLE people (username text PRIMARY KEY, id text, email text, name text, status text, manager text, end_date date)")
	base := c.ldap.Unit(t, "drill "+name, c.ldap.BaseDN)
	c.people, c.policy = c.ldap.Unit(t, "people", base), "cn=policy,"+base
	c.ldap.Add(t, c.policy, map[string][]string{
		"objectClass": {"device", "pwdPolicy"}, "cn": {"policy"}, "pwdAttribute": {"userPassword"}, "pwdLockout": {"TRUE"},
	})
	for catalog := range c.catalogs() {
		c.tracker.Create(t, "catalog", map[string]any{"Name": catalog, "Lifecycle": "custody"})
	}
	c.fill(t)
	c.db.PostgresExec(t, fmt.Sprintf("CREATE ROLE %[1]s LOGIN CREATEROLE PASSWORD '%[2]s'; GRANT pg_signal_backend TO %[1]s", c.role("switcher"), c.db.Password))
	c.db.PostgresExec(t, "CREATE DATABASE "+c.role("register")+" OWNER "+c.role("switcher"))
	for account, a := range w.Accounts {
		if a.Role {
			c.addRole(t, account)
		} else {
			c.addAccount(t, account)
		}
	}
	for server, address := range map[string]string{"assets": c.tracker.URL, "accounts": c.ldap.URL} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		c.proxies[server] = newProxy(t, u.Host)
	}
	for _, server := range []string{"people", "roles", "register"} {
		c.proxies[server] = newProxy(t, fmt.Sprintf("127.0.0.1:%d", c.db.Port))
	}
	return c
}

func (c *company) catalog(department int, name string) string {
	return fmt.Sprintf("%s %d %s", c.name, department, name)
}

// catalogs are those of Request Tracker, and what they hold.
func (c *company) catalogs() map[string]string {
	all := map[string]string{}
	for department := range c.Departments() {
		for _, catalog := range catalogs {
			all[c.catalog(department, catalog)] = catalog
		}
	}
	return all
}

// fill writes the people and the assets.
func (c *company) fill(t *testing.T) {
	t.Helper()
	var statements strings.Builder
	var names []string
	for _, p := range c.People {
		statements.WriteString(c.statement(p))
		names = append(names, p.Username)
	}
	c.db.PostgresExec(t, statements.String())
	var records []servers.AssetRecord
	for _, a := range c.Assets {
		records = append(records, servers.AssetRecord{Name: a.Name, Catalog: c.catalog(a.Department, a.Catalog), Status: a.Status, HeldBy: a.Holders, Fields: c.fields(a)})
	}
	c.users.mu.Lock()
	defer c.users.mu.Unlock()
	c.numbers = c.tracker.Load(t, names, records)
}

func (c *company) fields(a *world.Asset) map[string]string {
	fields := map[string]string{"Purpose": "the drill", "Environment": "production"}
	if !a.Doubtful {
		fields["Criticality"], fields["Verified"] = "high", c.now.AddDate(0, 0, -10).Format(time.DateOnly)
	}
	return fields
}

// write brings what an event has changed to the servers.
func (c *company) write(t *testing.T, change world.Change) {
	t.Helper()
	if change.Person != nil {
		c.db.PostgresExec(t, c.statement(change.Person))
		c.users.number(t, c.tracker, change.Person.Username)
	}
	for _, a := range change.Assets {
		c.writeAsset(t, a)
	}
	if change.NewAccount != "" {
		c.addAccount(t, change.NewAccount)
	}
	if change.Unlocked != "" {
		c.ldap.Set(t, "uid="+change.Unlocked+","+c.people, map[string][]string{"pwdAccountLockedTime": nil})
	}
}

// statement writes the entry of a person.
func (c *company) statement(p *world.Person) string {
	end := "NULL"
	if !p.EndDate.IsZero() {
		end = text(p.EndDate.Format(time.DateOnly))
	}
	statements := fmt.Sprintf("DELETE FROM %s.people WHERE username = %s;", c.schema, text(p.Username))
	if !p.Gone {
		statements += fmt.Sprintf("INSERT INTO %s.people VALUES (%s, %s, %s, %s, %s, %s, %s);", c.schema,
			text(p.Username), text(p.ID()), text(p.Username+"@example.org"), text(p.Name), text(p.Status), text(p.Manager), end)
	}
	return statements
}

func text(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func (c *company) writeAsset(t *testing.T, a *world.Asset) {
	t.Helper()
	holders := []string{}
	for _, h := range a.Holders {
		holders = append(holders, c.users.number(t, c.tracker, h))
	}
	fields := map[string]any{"Status": a.Status, "HeldBy": holders}
	if number := c.numbers[a.Name]; number != "" {
		c.tracker.Call(t, http.MethodPut, "/asset/"+number, fields, nil)
	} else {
		fields["Name"], fields["Catalog"], fields["CustomFields"] = a.Name, c.catalog(a.Department, a.Catalog), c.fields(a)
		c.numbers[a.Name] = c.tracker.Create(t, "asset", fields)
	}
	for ; c.tasks[a.Name] < a.Tasks; c.tasks[a.Name]++ {
		c.tracker.Create(t, "ticket", map[string]any{
			"Queue": "Offboarding", "Subject": c.task() + a.Name, "RefersTo": []string{"asset:" + c.numbers[a.Name]},
		})
	}
}

// task begins the subject of every ticket of the company.
func (c *company) task() string { return "drill " + c.name + ": " }

func (c *company) addAccount(t *testing.T, name string) {
	t.Helper()
	c.ldap.Add(t, "uid="+name+","+c.people, map[string][]string{
		"objectClass": {"inetOrgPerson"}, "cn": {name}, "sn": {"x"}, "uid": {name}, "userPassword": {c.ldap.Password}, "pwdPolicySubentry": {c.policy},
	})
	c.accounts = append(c.accounts, name)
}

// role returns the name of a role or a database: they belong to the whole server.
func (c *company) role(name string) string {
	return c.name + "_" + name
}

// sessions is how many roles have a session open at most: the server allows a hundred.
const sessions = 20

// addRole adds an account of the database, which has a session open.
func (c *company) addRole(t *testing.T, name string) {
	t.Helper()
	c.db.PostgresExec(t, fmt.Sprintf("CREATE ROLE %q LOGIN PASSWORD '%s'", c.role(name), c.db.Password))
	c.roles = append(c.roles, name)
	if len(c.roles) > sessions {
		return
	}
	session, err := pgx.Connect(t.Context(), c.db.PostgresURL(c.role(name)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close(context.Background()) })
}

// through returns a connection string of an account that leads through a proxy.
func (c *company) through(server, account, database string) string {
	dsn := c.db.PostgresURL(account, "sslmode", "disable")
	dsn = strings.Replace(dsn, "/postgres?", "/"+database+"?", 1)
	return strings.Replace(dsn, fmt.Sprintf("127.0.0.1:%d", c.db.Port), c.proxies[server].address, 1)
}

// facts reads the servers, past the proxies.
func (c *company) facts(t *testing.T) check.Facts {
	t.Helper()
	workloads := map[string]bool{}
	for catalog, holds := range c.catalogs() {
		workloads[catalog] = holds == world.Applications
	}
	s := check.Servers{
		People: c.db.PostgresURL(c.db.Reader, "search_path", c.schema), Assets: c.tracker.URL, Token: c.tracker.Seeder, Catalogs: workloads,
		Tasks: c.task(), Accounts: c.ldap.URL, BaseDN: c.people, Password: c.ldap.Password,
		Roles: c.db.PostgresURL(c.db.Admin), Prefix: c.role(""), Register: strings.Replace(c.db.PostgresURL(c.db.Admin), "/postgres", "/"+c.role("register"), 1),
	}
	f, err := s.Read(t.Context(), c.accounts, c.roles)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (c *company) wanted() check.Wanted {
	w := check.Wanted{Grants: map[string]string{}, Accounts: map[string]string{}}
	for name, a := range c.Accounts {
		w.Accounts[name] = a.Grant
	}
	for key, g := range c.Grants {
		w.Grants[key] = g.Asset
	}
	return w
}
