package servers_test

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

func TestDatabases(t *testing.T) {
	p := servers.Postgres(t)
	if first := p.Schema(t, "CREATE TABLE a (id int)"); first == p.Schema(t, "CREATE TABLE a (id int)") {
		t.Error("two schemas have one name")
	}
	m := servers.MariaDB(t)
	if first := m.Database(t, "CREATE TABLE a (id int)"); first == m.Database(t, "CREATE TABLE a (id int)") {
		t.Error("two databases have one name")
	}
}
