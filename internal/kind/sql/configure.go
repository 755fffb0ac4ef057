package sql

import (
	"fmt"
	"slices"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// The attributes that messages name, in addition to those of the tables.
const (
	attributeDriver = "driver"
	attributeDSN    = "dsn"
	attributeAsset  = "asset"
)

const (
	driverPostgreSQL = "postgresql"
	driverMySQL      = "mysql"
	driverSQLite     = "sqlite"
)

// Drivers returns what Config.Driver accepts. MariaDB is read with mysql.
func Drivers() []string { return []string{driverPostgreSQL, driverMySQL, driverSQLite} }

// configure checks the configuration and builds the data for queries.
func (s *System) configure() []system.Problem {
	c := &s.config
	var out []system.Problem
	problem := func(attribute, format string, args ...any) {
		out = append(out, system.Problem{Attribute: attribute, Message: fmt.Sprintf(format, args...)})
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	if c.MaxRows == 0 {
		c.MaxRows = DefaultMaxRows
	}
	if c.Timeout < 0 {
		problem("timeout", "It must not be negative.")
	}
	if c.MaxRows < 0 || c.MaxRows > DefaultMaxRows {
		problem("max_rows", "It is not between 1 and %d.", DefaultMaxRows)
	}
	if !slices.Contains(Drivers(), c.Driver) {
		problem(attributeDriver, "%q is not a driver. Accepted: %s.", c.Driver, strings.Join(Drivers(), ", "))
	}
	if c.DSN == "" {
		problem(attributeDSN, "It is required: what the driver connects with. It may come from the environment instead, as %s.", s.variable())
	}
	var problems []system.Problem
	c.Adaptable = true
	s.words, problems = c.Check()
	// The row number of a record has no meaning, and changes between answers.
	s.words.Numbered = true
	out = append(append(out, s.checkQueries()...), problems...)
	if len(out) > 0 {
		return out
	}
	if s.server, problems = connect(*c); len(problems) > 0 {
		return problems
	}
	s.server.hide(&s.secrets)
	return nil
}

func (s *System) checkQueries() []system.Problem {
	c := &s.config
	var out []system.Problem
	if c.Assets == "" && c.People == "" && c.Tasks == "" {
		out = append(out, system.Problem{Attribute: table.NameAssets, Message: "There is no query. Set assets, people or tasks to a query that returns all of them."})
	}
	if c.Asset != "" && c.Assets == "" {
		out = append(out, system.Problem{Attribute: attributeAsset, Message: "It requires assets as well: only the list of all assets proves that one is gone."})
	}
	for _, q := range []struct {
		attribute, text string
		parameters      int
	}{
		{table.NameAssets, c.Assets, 0}, {table.NamePeople, c.People, 0}, {table.NameTasks, c.Tasks, 0}, {attributeAsset, c.Asset, 1},
	} {
		if q.text == "" || !slices.Contains(Drivers(), c.Driver) {
			continue
		}
		if reason := beyondReading(c.Driver, q.text); reason != "" {
			out = append(out, system.Problem{Attribute: q.attribute, Message: reason})
			continue
		}
		switch have := parameters(c.Driver, q.text); {
		case strings.TrimSpace(q.text) == "":
			out = append(out, system.Problem{Attribute: q.attribute, Message: "The query is empty."})
		case have == q.parameters:
		case q.parameters == 0:
			out = append(out, system.Problem{Attribute: q.attribute, Message: fmt.Sprintf(
				"The query has %d bind parameters; only the query asset has one.", have)})
		default:
			out = append(out, system.Problem{Attribute: q.attribute, Message: fmt.Sprintf(
				"The query has %d bind parameters; it must have exactly one, which stands for the id: write %s.", have, marks[c.Driver])})
		}
	}
	return out
}

func connect(c Config) (server, []system.Problem) {
	switch c.Driver {
	case driverPostgreSQL:
		return newPostgres(c)
	case driverMySQL:
		return newMySQL(c)
	}
	return newSQLite(c)
}

func oneProblem(attribute, message string) []system.Problem {
	return []system.Problem{{Attribute: attribute, Message: message}}
}
