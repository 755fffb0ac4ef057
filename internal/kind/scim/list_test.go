package scim

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// listed looks up users who can only be found in the list, and somebody who is
// not there.
func listed(t *testing.T, s *System, users []resource) {
	t.Helper()
	for _, at := range []int{0, len(users) / 2, len(users) - 1} {
		id := fmt.Sprint(users[at]["id"])
		if p := person(t, s, "NAME-"+id); p.ID != id {
			t.Errorf("got %s, want %s", p.ID, id)
		}
	}
	if found, err := s.Person(t.Context(), "nobody"); err != nil || len(found) != 0 {
		t.Errorf("got %+v, %v; want nobody", found, err)
	}
}

// Lists of sizes around that of a page are read whole from a real server, with
// no more requests than pages that overlap by one entry.
func TestRealList(t *testing.T) {
	for size, want := range map[int]int{1: 1, 2: 1, 9: 1, 10: 1, 11: 2, 19: 2, 20: 3, 100: 11} {
		b, c := connect(t, servers.SCIMSpec{Users: many(size), Filter: "ignored"})
		c.PageSize, c.NoGroups = 10, true
		s := mustNew(t, c)
		listed(t, s, many(size))
		asked := b.take()
		pages := slices.DeleteFunc(slices.Clone(asked), func(q string) bool { return !strings.Contains(q, "startIndex") })
		if len(pages) != want {
			t.Errorf("%d users: %d pages, want %d: %q", size, len(pages), want, asked)
		}
	}
}

func TestPaging(t *testing.T) {
	for name, set := range map[string]func(*fake){
		"plain":                          func(*fake) {},
		"smaller pages than asked for":   func(f *fake) { f.most = 7 },
		"the first page behind the last": func(f *fake) { f.restart = true },
		"pages at multiples":             func(f *fake) { f.aligned = true },
		"pages at multiples, smaller":    func(f *fake) { f.aligned, f.most = true, 5 },
		"by cursor":                      func(f *fake) { f.cursors, f.announce = true, resource{"pagination": resource{"cursor": true}} },
		"by cursor, unannounced":         func(f *fake) { f.cursors, f.totals, f.announce = true, true, nil },
		"by cursor, empty page in between": func(f *fake) {
			f.cursors, f.announce = true, resource{"pagination": resource{"cursor": "true"}}
			f.most = 4
		},
		"a cursor expires once": func(f *fake) {
			f.cursors, f.announce = true, resource{"pagination": resource{"cursor": true}}
			expired := false
			f.afterwards = func(url.Values) bool {
				first := !expired
				expired = true
				return first
			}
		},
		"announces nothing": func(f *fake) { f.announce = nil },
	} {
		for _, size := range []int{2, 9, 10, 11, 20, 21, 35} {
			t.Run(name+" "+strconv.Itoa(size), func(t *testing.T) {
				f := newFake(t)
				f.ignored = true
				f.users = many(size)
				set(f)
				listed(t, mustNew(t, f.config()), f.users)
			})
		}
	}
}

// What a list does not show must not look as if it were not there.
func TestListsThatProveNothing(t *testing.T) {
	for name, set := range map[string]func(*fake){
		"entries are hidden":        func(f *fake) { f.hidden = 1 },
		"every page is the first":   func(f *fake) { f.stuck = true },
		"numbers of the page":       func(f *fake) { f.pageTotal = true },
		"numbers of a smaller page": func(f *fake) { f.pageTotal, f.most = true, 5 },
		"the same cursor again": func(f *fake) {
			f.cursors, f.stuck, f.announce = true, true, resource{"pagination": resource{"cursor": true}}
		},
		"every cursor expires": func(f *fake) {
			f.cursors, f.announce = true, resource{"pagination": resource{"cursor": true}}
			f.afterwards = func(url.Values) bool { return true }
		},
		"an entry moves in every pass":                  func(f *fake) { f.before = rotate },
		"one goes and one comes":                        func(f *fake) { f.before = replaceFirst },
		"one goes and one comes, in pages at multiples": func(f *fake) { f.aligned = true; f.before = replaceFirst },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.ignored = true
			f.users = many(35)
			set(f)
			s := mustNew(t, f.config())
			found, err := s.Person(t.Context(), "nobody")
			systemtest.WantUnavailable(t, len(found), err)
			if n := len(f.take()); n > 40 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// rotate moves the first user to the end whenever a page is asked for.
func rotate(f *fake, _ int) { f.users = append(f.users[1:], f.users[0]) }

// replaceFirst takes the first user away and adds another, so that the number
// stays.
func replaceFirst(f *fake, request int) {
	f.users = append(f.users[1:], resource{"id": fmt.Sprintf("new%d", request), "userName": fmt.Sprintf("new%d", request), "active": true})
}

// A list that stands still again is believed.
func TestListMovesOnce(t *testing.T) {
	f := newFake(t)
	f.ignored = true
	f.users = many(35)
	f.before = func(f *fake, request int) {
		if request == 4 {
			replaceFirst(f, request)
		}
	}
	s := mustNew(t, f.config())
	if p := person(t, s, "name-u0010"); p.ID != "u0010" {
		t.Errorf("got %+v", p)
	}
	if found, err := s.Person(t.Context(), "name-u0000"); err != nil || len(found) != 0 {
		t.Errorf("got %+v, %v; want nobody", found, err)
	}
}

// Nobody is shown twice, though an entry may come twice while a list is read by
// cursor.
func TestCursorShowsTwice(t *testing.T) {
	f := newFake(t)
	f.cursors, f.announce = true, resource{"pagination": resource{"cursor": true}}
	f.ignored = true
	f.users = many(25)
	f.users[20] = f.users[3]
	if p := person(t, mustNew(t, f.config()), "name-u0003"); p.ID != "u0003" {
		t.Errorf("got %+v", p)
	}
}

// Servers that cap an answer, say how many entries are in it instead of how many
// there are, and do not go on. Where a filter is proven it finds who is there and
// tells who is not; where none is, nothing is known of anybody.
func TestAnswerThatIsTakenForTheList(t *testing.T) {
	for name, set := range map[string]func(*fake){
		"no way to go on":              func(f *fake) { f.deaf = true },
		"a way to go on":               func(*fake) {},
		"no way to ask for fewer":      func(f *fake) { f.deaf, f.whole = true, true },
		"the first page behind a page": func(f *fake) { f.restart = true },
	} {
		for _, most := range []int{2, 7, 50, 64, 99, 100} {
			for _, way := range []string{"filters", "filters by user name", "ids", "nothing"} {
				t.Run(fmt.Sprintf("%s, %d, %s", name, most, way), func(t *testing.T) {
					f := newFake(t)
					f.users, f.groups, f.most, f.pageTotal = many(120), []resource{group("g", in("u0110", "User"))}, most, true
					set(f)
					c := f.config()
					c.PageSize = 100
					proven := way != "nothing" && way != "ids"
					switch way {
					case "filters by user name":
						f.refuse, f.noOr = func(path string) bool { return path != "userName" && path != "displayName" }, true
						c.Keys = []string{"userName"}
					case "ids":
						f.refuse, f.noOr = func(path string) bool { return path != idPath }, true
					case "nothing":
						f.ignored, f.noAddress = true, true
					}
					s := mustNew(t, c)
					for _, id := range []string{"u0000", "u0060", "u0110", "u0119"} {
						found, err := s.Person(t.Context(), "NAME-"+id)
						if !proven {
							systemtest.WantUnavailable(t, len(found), err)
						} else if err != nil || len(found) != 1 || found[0].ID != id {
							t.Errorf("Person(%q) = %+v, %v", id, found, err)
						}
					}
					found, err := s.Person(t.Context(), "nobody")
					switch {
					case !proven:
						systemtest.WantUnavailable(t, len(found), err)
						return
					case err != nil || len(found) != 0:
						t.Errorf("got %+v, %v; want nobody", found, err)
					}
					if got := members(t, s, "g"); got != "u0110" {
						t.Errorf("got %q", got)
					}
					for _, err := range s.ListPeople(t.Context()) {
						if err != nil {
							return
						}
					}
					t.Error("an answer was taken for the list of everybody")
				})
			}
		}
	}
}

// A directory of one page is believed whatever the server cannot do, as long as it
// says how many there are, or that nothing follows.
func TestListOfOnePage(t *testing.T) {
	for name, set := range map[string]func(*fake){
		"plain":                                 func(*fake) {},
		"no way to go on":                       func(f *fake) { f.deaf = true },
		"no way to ask for fewer":               func(f *fake) { f.whole = true },
		"the first page behind it":              func(f *fake) { f.restart = true },
		"the number of an answer, then nothing": func(f *fake) { f.pageTotal, f.whole = true, true },
	} {
		for _, n := range []int{1, 2, 10, 50, 99} {
			t.Run(fmt.Sprintf("%s, %d", name, n), func(t *testing.T) {
				f := newFake(t)
				f.users, f.ignored = many(n), true
				set(f)
				c := f.config()
				c.PageSize = 100
				listed(t, mustNew(t, c), f.users)
			})
		}
	}
}
