package rest

import (
	"slices"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// One entry that cannot be read concerns those alone who need it: the others are
// found, and who looks it up is told what is wrong with it, and never that it is absent.
func TestUnreadableEntryIsReportedWhereItIsNeeded(t *testing.T) {
	for name, description := range directories {
		t.Run(name, func(t *testing.T) {
			server := newDirectory(company(7))
			server.people[1]["end"] = "next week"
			keys := []string{"u0001", "USER1"}
			if name != "counted apart" { // which asks for user names alone
				server.people[2]["username"] = "user1@example.org"
				keys = append(keys, "user1@example.org")
			}
			s := openAt(t, systemtest.ServeHTTP(t, server), description)
			for _, key := range keys {
				found, err := s.Person(t.Context(), key)
				systemtest.WantUnavailable(t, len(found), err)
				if err == nil || !strings.Contains(err.Error(), `"u0001" cannot be read`) || !strings.Contains(err.Error(), "next week") {
					t.Errorf("Person(%q) says %v", key, err)
				}
			}
			if found, err := s.Person(t.Context(), "user2@example.org"); err != nil || len(found) != 1 {
				t.Errorf("another one is %v, %v", found, err)
			}
			listed, err := readAll(t, s.ListPeople(t.Context()))
			if err != nil || len(listed) != 7 {
				t.Fatalf("%d are listed, %v", len(listed), err)
			}
			for _, e := range listed {
				if e.Person.ID == "u0001" || slices.Contains(e.Keys, "user1@example.org") {
					t.Errorf("%+v is listed", e)
				}
			}
			if l := s.Listing(system.CanReadPeople); l.PageSize > 0 && !l.Hides {
				t.Error("what the list leaves out would look absent")
			}
			found, err := s.Members(t.Context(), "t-all")
			systemtest.WantUnavailable(t, len(found), err)
		})
	}
}

// A list of which no entry can be read was misunderstood, and so was one with an entry
// that does not tell by what keys it is known.
func TestAListThatCannotBeRead(t *testing.T) {
	for name, spoil := range map[string]func(*directoryServer){
		"no entry": func(s *directoryServer) {
			for _, p := range s.people {
				p["end"] = "next week"
			}
		},
		"the address of one": func(s *directoryServer) { s.people[1]["email"] = map[string]any{"of": "work"} },
		"the id of one":      func(s *directoryServer) { s.people[1]["id"] = "" },
	} {
		t.Run(name, func(t *testing.T) {
			server := newDirectory(company(7))
			spoil(server)
			s := openAt(t, systemtest.ServeHTTP(t, server), directories["lists alone"])
			for _, key := range []string{"u0002", "nobody"} {
				found, err := s.Person(t.Context(), key)
				systemtest.WantUnavailable(t, len(found), err)
			}
			_, err := readAll(t, s.ListPeople(t.Context()))
			systemtest.WantUnavailable(t, 0, err)
		})
	}
}
