package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/go-ldap/ldap/v3"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Servers are what the checker reads, with accounts of its own.
type Servers struct {
	People   string          // the connection string of the database with the table "people"
	Assets   string          // the address of Request Tracker
	Token    string          // of an account there that may read everything
	Catalogs map[string]bool // the catalogs to read, and whether their assets are workloads
	Tasks    string          // the subject of a task begins with this text, then comes the name of an asset
	Accounts string          // the address of the directory with the accounts
	BaseDN   string          // where they are
	Roles    string          // the connection string of the database whose roles are accounts
	Prefix   string          // of their names there
	Register string          // the connection string of the register
	Password string          // of every account
}

// Read asks every server, and tries to log in with every account of the directory and
// every role of the database.
func (s *Servers) Read(ctx context.Context, accounts, roles []string) (Facts, error) {
	f := Facts{People: map[string]Person{}, Assets: map[string]Asset{}, Accounts: map[string]bool{}, Sessions: map[string]int{}, Ledger: map[string][]Event{}, Cases: map[string][]string{}}
	if err := s.readPeople(ctx, &f); err != nil {
		return f, fmt.Errorf("people: %w", err)
	}
	if err := s.readAssets(ctx, &f); err != nil {
		return f, fmt.Errorf("assets: %w", err)
	}
	if err := s.logIn(&f, accounts); err != nil {
		return f, fmt.Errorf("accounts: %w", err)
	}
	if err := s.connect(ctx, &f, roles); err != nil {
		return f, fmt.Errorf("roles: %w", err)
	}
	if err := s.readLedger(ctx, &f); err != nil {
		return f, fmt.Errorf("ledger: %w", err)
	}
	if err := s.readCases(ctx, &f); err != nil {
		return f, fmt.Errorf("cases: %w", err)
	}
	return f, nil
}

// query reads rows of a database.
func query(ctx context.Context, dsn, text string, take func(pgx.Rows) error, args ...any) error {
	c, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer c.Close(ctx) //nolint:errcheck // nothing was written
	rows, err := c.Query(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := take(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// connect counts the sessions of the roles, and then tries to log in with each.
func (s *Servers) connect(ctx context.Context, f *Facts, roles []string) error {
	for _, name := range roles {
		err := query(ctx, s.Roles, "SELECT count(*) FROM pg_stat_activity WHERE usename = $1", func(rows pgx.Rows) error {
			var n int
			err := rows.Scan(&n)
			f.Sessions[name] = n
			return err
		}, s.Prefix+name)
		if err != nil {
			return err
		}
		config, err := pgx.ParseConfig(s.Roles)
		if err != nil {
			return err
		}
		config.User, config.Password = s.Prefix+name, s.Password
		c, err := pgx.ConnectConfig(ctx, config)
		var refused *pgconn.PgError
		switch {
		case err == nil:
			f.Accounts[name] = true
			_ = c.Close(ctx)
		case errors.As(err, &refused) && refused.Code == "28000":
			f.Accounts[name] = false
		default:
			return err
		}
	}
	return nil
}

func (s *Servers) readPeople(ctx context.Context, f *Facts) error {
	const all = "SELECT username, id, status, coalesce(end_date, 'infinity')::text FROM people"
	return query(ctx, s.People, all, func(rows pgx.Rows) error {
		var p Person
		var username, end string
		if err := rows.Scan(&username, &p.ID, &p.Status, &end); err != nil {
			return err
		}
		if day, err := time.Parse(time.DateOnly, end); err == nil {
			p.EndDate = day.AddDate(0, 0, 1)
		}
		f.People[username] = p
		return nil
	})
}

func (s *Servers) readAssets(ctx context.Context, f *Facts) error {
	for catalog, workload := range s.Catalogs {
		fields := url.Values{"fields": {"Name,Status,HeldBy,CustomFields"}, "fields[HeldBy]": {"Name"}}
		err := s.each(ctx, "assets", "Catalog = '"+catalog+"'", fields, func(item json.RawMessage) error {
			var a struct {
				Name, Status string
				HeldBy       []struct{ Name string }
				CustomFields customFields
			}
			err := json.Unmarshal(item, &a)
			asset := Asset{Workload: workload, Status: a.Status, Verified: a.CustomFields.value("Verified") != ""}
			for _, h := range a.HeldBy {
				asset.Holders = append(asset.Holders, h.Name)
			}
			f.Assets[a.Name] = asset
			return err
		})
		if err != nil {
			return err
		}
	}
	open := "Subject LIKE '" + s.Tasks + "' AND Status = '__Active__'"
	return s.each(ctx, "tickets", open, url.Values{"fields": {"Subject"}}, func(item json.RawMessage) error {
		var t struct{ Subject string }
		err := json.Unmarshal(item, &t)
		name := t.Subject[len(s.Tasks):]
		a := f.Assets[name]
		a.Tasks++
		f.Assets[name] = a
		return err
	})
}

// customFields are those of a record or a ticket.
type customFields []struct {
	Name   string
	Values []string
}

// value returns the only value of a field; "" if it has none or several.
func (c customFields) value(name string) string {
	for _, field := range c {
		if field.Name == name && len(field.Values) == 1 {
			return field.Values[0]
		}
	}
	return ""
}

// readCases reads who has the open cases of the queue in which people are asked.
func (s *Servers) readCases(ctx context.Context, f *Facts) error {
	fields := url.Values{"fields": {"Owner,CustomFields"}, "fields[Owner]": {"Name"}}
	return s.each(ctx, "tickets", "Queue = 'Access Review' AND Status = 'open'", fields, func(item json.RawMessage) error {
		var t struct {
			Owner        struct{ Name string }
			CustomFields customFields
		}
		err := json.Unmarshal(item, &t)
		if grant := t.CustomFields.value("Custody Grant"); grant != "" {
			f.Cases[grant] = append(f.Cases[grant], t.Owner.Name)
		}
		return err
	})
}

// each reads all pages of a list of Request Tracker.
func (s *Servers) each(ctx context.Context, kind, query string, fields url.Values, take func(json.RawMessage) error) error {
	for page := 1; ; page++ {
		fields.Set("query", query)
		fields.Set("per_page", "100")
		fields.Set("page", strconv.Itoa(page))
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Assets+"/REST/2.0/"+kind+"?"+fields.Encode(), nil)
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "token "+s.Token)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		var list struct {
			Pages float64
			Items []json.RawMessage
		}
		err = json.NewDecoder(answer.Body).Decode(&list)
		answer.Body.Close() //nolint:errcheck // it was read
		if err != nil {
			return err
		}
		for _, item := range list.Items {
			if err := take(item); err != nil {
				return err
			}
		}
		if float64(page) >= list.Pages {
			return nil
		}
	}
}

func (s *Servers) logIn(f *Facts, accounts []string) error {
	c, err := ldap.DialURL(s.Accounts)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // nothing was written
	for _, name := range accounts {
		err := c.Bind("uid="+name+","+s.BaseDN, s.Password)
		if err != nil && !ldap.IsErrorWithCode(err, ldap.LDAPResultInvalidCredentials) {
			return err
		}
		f.Accounts[name] = err == nil
	}
	return nil
}
