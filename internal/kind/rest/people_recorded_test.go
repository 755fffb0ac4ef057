package rest

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// secrets returns those of the recording. A key is made for the test: "{rsa}" stands
// for one, "{certified}" for one with its certificate, "{account}" for one in the
// file of a service account.
func (r *recording) secrets(t *testing.T) map[string]string {
	t.Helper()
	out := make(map[string]string)
	for name, value := range r.Secrets {
		switch value {
		case "{rsa}":
			value = rsaPair().pem
		case "{certified}":
			value, _ = certified(t)
		case "{account}":
			value = accountFile()
		}
		out[name] = value
	}
	return out
}

// configure sets what the case sets.
func (c *recordedCase) configure(t *testing.T, conf *Config, base string) {
	t.Helper()
	conf.TaskKinds = c.TaskKinds
	if c.States != nil {
		conf.States = c.States
	}
	if c.Secrets != nil {
		conf.Secrets = (&recording{Secrets: c.Secrets}).secrets(t)
	}
	for name, value := range c.Settings {
		if conf.Settings == nil {
			conf.Settings = make(map[string]string)
		}
		conf.Settings[name] = strings.ReplaceAll(value, "{server}", base)
	}
}

func describing(t *testing.T, name string) string {
	t.Helper()
	text, err := Description(Shipped(), name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// peopleListedAsRead compares what a list and a look-up tell of one person.
func (r *recording) peopleListedAsRead(t *testing.T, name string) {
	url := systemtest.ServeHTTP(t, &player{t: t, answers: r.Answers})
	s := r.open(t, name, url)
	read, err := r.open(t, name, url).Person(t.Context(), r.Here)
	if err != nil || len(read) != 1 {
		t.Fatalf("Person(%q) = %+v, %v", r.Here, read, err)
	}
	listed := 0
	for e, err := range s.ListPeople(t.Context()) {
		if errors.Is(err, system.ErrCannotList) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if e.Person.ID != read[0].ID {
			continue
		}
		listed++
		if e.Person.Teams, err = s.TeamsOf(t.Context(), e.Person); err != nil || !reflect.DeepEqual(e.Person, read[0]) {
			t.Errorf("%v\nread   %+v\nlisted %+v", err, read[0], e.Person)
		}
	}
	if listed != 1 {
		t.Errorf("%q is listed %d times", r.Here, listed)
	}
}

// brokenDirectory breaks the recorded server in every way and demands that nobody
// seems to be absent for it.
func (r *recording) brokenDirectory(t *testing.T, name string) {
	for fault, wrap := range systemtest.HTTPFaults() {
		t.Run(fault, func(t *testing.T) {
			s := r.open(t, name, systemtest.ServeHTTP(t, wrap(&player{t: t, answers: r.Answers})), func(c *Config) { c.Timeout = timeout(fault) })
			for _, key := range []string{r.Here, r.Nobody} {
				found, err := s.Person(t.Context(), key)
				systemtest.WantUnavailable(t, len(found), err)
			}
			var last error
			for _, err := range s.ListPeople(t.Context()) {
				last = err
			}
			systemtest.WantUnavailable(t, 0, last)
		})
	}
	t.Run("the query is ignored", func(t *testing.T) {
		s := r.open(t, name, systemtest.ServeHTTP(t, &player{t: t, answers: r.lists(t), loose: true}))
		found, err := s.Person(t.Context(), r.Here)
		if err == nil && len(found) == 0 {
			t.Errorf("%q seems to be absent", r.Here)
		}
	})
}
