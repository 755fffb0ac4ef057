package postgresql_test

import (
	"net/url"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/postgresql"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// A lease connects as custody does, with its own login and nothing of custody's.
func TestWhereALeaseCanBeUsed(t *testing.T) {
	dir := t.TempDir()
	cert, err := servers.NewCertificate(dir, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	for dsn, want := range map[string]struct {
		system.LeaseAddress
		ca string
	}{
		"postgres://boss:" + canary + "@db.example.org/shop":                          {LeaseAddress: system.LeaseAddress{Host: "db.example.org", Port: 5432, Database: "shop", URL: "postgres://l:p@db.example.org:5432/shop?sslmode=verify-full"}},
		"host=db.example.org port=5433 user=boss dbname='my shop' password=" + canary: {LeaseAddress: system.LeaseAddress{Host: "db.example.org", Port: 5433, Database: "my shop", URL: "postgres://l:p@db.example.org:5433/my%20shop?sslmode=verify-full"}},
		"postgres://boss:" + canary + "@127.0.0.1/shop?sslmode=disable":               {LeaseAddress: system.LeaseAddress{Host: "127.0.0.1", Port: 5432, Database: "shop", URL: "postgres://l:p@127.0.0.1:5432/shop?sslmode=disable"}},
		"postgres://boss:" + canary + "@127.0.0.1/shop":                               {LeaseAddress: system.LeaseAddress{Host: "127.0.0.1", Port: 5432, Database: "shop", URL: "postgres://l:p@127.0.0.1:5432/shop?sslmode=prefer"}},
		"postgres://boss:" + canary + "@127.0.0.1/shop?sslmode=allow":                 {LeaseAddress: system.LeaseAddress{Host: "127.0.0.1", Port: 5432, Database: "shop", URL: "postgres://l:p@127.0.0.1:5432/shop?sslmode=allow"}},
		"postgres://boss:" + canary + "@127.0.0.1/shop?sslmode=require":               {LeaseAddress: system.LeaseAddress{Host: "127.0.0.1", Port: 5432, Database: "shop", URL: "postgres://l:p@127.0.0.1:5432/shop?sslmode=require"}},
		"postgres://boss:" + canary + "@[::1]:6000/shop?sslmode=disable":              {LeaseAddress: system.LeaseAddress{Host: "::1", Port: 6000, Database: "shop", URL: "postgres://l:p@[::1]:6000/shop?sslmode=disable"}},
		"postgres://boss:" + canary + "@/shop?host=/run/pg":                           {LeaseAddress: system.LeaseAddress{Host: "/run/pg", Port: 5432, Database: "shop", URL: "postgres://l:p@/shop?host=%2Frun%2Fpg&port=5432&sslmode=disable"}},
		"postgres://boss:" + canary + "@db.example.org":                               {LeaseAddress: system.LeaseAddress{Host: "db.example.org", Port: 5432, Database: "boss", URL: "postgres://l:p@db.example.org:5432/boss?sslmode=verify-full"}},
		"postgres://boss:" + canary + "@a.example.org,b.example.org/shop":             {LeaseAddress: system.LeaseAddress{Host: "a.example.org", Port: 5432, Database: "shop", URL: "postgres://l:p@a.example.org:5432/shop?sslmode=verify-full"}},
		"postgres://boss:" + canary + "@db2.example.org/shop?sslmode=verify-ca":       {ca: cert.CertFile, LeaseAddress: system.LeaseAddress{Host: "db2.example.org", Port: 5432, Database: "shop", URL: "postgres://l:p@db2.example.org:5432/shop?sslmode=verify-ca&sslrootcert=" + url.QueryEscape(filepath.ToSlash(cert.CertFile))}},
	} {
		got := mustNew(t, postgresql.Config{Name: "shop", DSN: dsn, CAFile: want.ca}).LeaseAddress("l", "p")
		if got != want.LeaseAddress {
			t.Errorf("%s:\ngot  %+v\nwant %+v", dsn, got, want.LeaseAddress)
		}
		if c, err := pgx.ParseConfig(got.URL); err != nil || c.User != "l" || c.Password != "p" || c.Database != got.Database || c.Host != got.Host {
			t.Errorf("%s: %+v, %v", got.URL, c, err)
		}
	}
}
