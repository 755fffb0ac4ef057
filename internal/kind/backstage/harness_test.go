package backstage

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

type object = map[string]any

const canary = "c4nary-backstage-token"

func encode(id string) string { return "x" + hex.EncodeToString([]byte(strings.TrimSpace(id))) }

func decode(ref string) string {
	_, name, _ := strings.Cut(ref, "/x")
	id, err := hex.DecodeString(name)
	if err != nil {
		return ref
	}
	return string(id)
}

// entitiesOf writes a seed as entities. The ids of seeds are no names of
// entities, so each stands in one.
func entitiesOf(seed systemtest.Seed) []object {
	var out []object
	annotations := func(pairs ...string) object {
		a := object{}
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i+1] != "" {
				a["custody.dev/"+pairs[i]] = pairs[i+1]
			}
		}
		return a
	}
	yesNo := func(v lifecycle.Tristate) string { return [...]string{"", "no", "yes"}[v] }
	date := func(at time.Time) string {
		if at.IsZero() {
			return ""
		}
		return at.Format(time.DateOnly)
	}
	for _, r := range seed.Records {
		state := r.State.String()
		if r.State == lifecycle.StateUnknown {
			state = ""
		}
		out = append(out, object{
			"apiVersion": "backstage.io/v1alpha1", "kind": "Component",
			"metadata": object{"name": encode(r.ID), "title": r.Name, "annotations": annotations("state", state, "class", r.Class,
				"owner", strings.Join(r.Owners, ";"), "purpose", r.Purpose, "environment", r.Environment, "criticality", r.Criticality,
				"third-party", yesNo(r.ThirdParty), "shared", yesNo(r.Shared), "retirement-date", date(r.RetirementDate),
				"verified-at", date(r.VerifiedAt), "assigned-at", date(r.AssignedAt))},
			"spec": object{"type": "", "definition": object{"$text": "./x.yaml"}},
		})
	}
	for _, p := range seed.People {
		spec := object{"profile": object{"displayName": p.Name, "email": p.Email}}
		var teams []string
		for _, team := range p.Teams {
			teams = append(teams, encode(team))
		}
		kind, own := "User", p.Kind.String()
		if p.Kind == lifecycle.KindTeam {
			kind, own = "Group", ""
			if len(teams) > 0 {
				spec["parent"] = teams[0]
			}
		} else if len(teams) > 0 {
			spec["memberOf"] = teams
		}
		out = append(out, object{
			"kind": kind, "spec": spec,
			"metadata": object{"name": encode(p.ID), "annotations": annotations("username", p.Username, "kind", own, "status", p.Status.String(),
				"end-date", date(p.EndDate), "manager", p.Manager)},
		})
	}
	return out
}

// seeded answers for the ids of a seed.
type seeded struct {
	*System
	people map[string]string // folded id -> reference
}

func newSeeded(s *System, seed systemtest.Seed) *seeded {
	out := &seeded{System: s, people: make(map[string]string)}
	for _, p := range seed.People {
		kind := kindUser
		if p.Kind == lifecycle.KindTeam {
			kind = kindGroup
		}
		out.people[system.Fold(p.ID)] = kind + ":default/" + encode(p.ID)
	}
	return out
}

func plainRecord(r lifecycle.Record) lifecycle.Record {
	name := strings.TrimPrefix(r.ID, "component:default/")
	r.ID = decode(r.ID)
	if r.Name == name {
		r.Name = ""
	}
	if r.Class == "component" {
		r.Class = ""
	}
	return r
}

func (s *seeded) Asset(ctx context.Context, id string) ([]lifecycle.Record, error) {
	found, err := s.System.Asset(ctx, "component:default/"+encode(id))
	out := slices.Clone(found)
	for i := range out {
		out[i] = plainRecord(out[i])
	}
	return out, err
}

func (s *seeded) Assets(ctx context.Context) iter.Seq2[lifecycle.Record, error] {
	return func(yield func(lifecycle.Record, error) bool) {
		for r, err := range s.System.Assets(ctx) {
			if !yield(plainRecord(r), err) {
				return
			}
		}
	}
}

func plainPeople(found []lifecycle.Person) []lifecycle.Person {
	out := slices.Clone(found)
	for i := range out {
		p := &out[i]
		if strings.HasSuffix(p.ID, "/"+p.Username) {
			p.Username = ""
		}
		p.ID = decode(p.ID)
		p.Teams = slices.Clone(p.Teams)
		for j := range p.Teams {
			p.Teams[j] = decode(p.Teams[j])
		}
	}
	return out
}

func (s *seeded) key(key string) string {
	if ref, ok := s.people[system.Fold(strings.TrimSpace(key))]; ok {
		return ref
	}
	return key
}

func (s *seeded) Person(ctx context.Context, key string) ([]lifecycle.Person, error) {
	found, err := s.System.Person(ctx, s.key(key))
	return plainPeople(found), err
}

func (s *seeded) Members(ctx context.Context, team string) ([]lifecycle.Person, error) {
	found, err := s.System.Members(ctx, s.key(team))
	return plainPeople(found), err
}

// writeFiles writes entities as documents of two files and returns the
// configuration that reads them.
func writeFiles(t *testing.T, entities []object) Config {
	t.Helper()
	dir := t.TempDir()
	texts := []string{"# The owners.\n", ""}
	for i, e := range entities {
		text, err := yaml.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		texts[i%2] += "---\n" + string(text)
	}
	if len(entities) < 2 {
		texts[1] = "kind: Location\nmetadata: {name: none}\nspec: {targets: [./other.yaml]}\n"
	}
	if len(entities) == 0 {
		texts[0] = texts[1]
	}
	for i, name := range []string{"org.yaml", "services/billing/catalog-info.yaml"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(texts[i]), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return Config{
		Name: "cat", Files: []string{filepath.Join(dir, "org.yaml"), filepath.Join(dir, "services/*/catalog-info.yaml")},
		MinRecords: map[string]int{table.NameAssets: 0, table.NamePeople: 0},
	}
}

// catalog answers as the catalog of Backstage does: the routes of
// plugins/catalog-backend/src/service/createRouter.ts, and the answers that
// backstage.io/docs/features/software-catalog/software-catalog-api describes.
type catalog struct {
	mu       sync.Mutex
	entities []object
	requests []string
}

func (c *catalog) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, r.Method+" "+r.URL.Path)
	answer := func(status int, v any) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	problem := func(status int, name, message string) {
		answer(status, object{"error": object{"name": name, "message": message}, "request": object{"method": r.Method, "url": r.URL.Path}, "response": object{"statusCode": status}})
	}
	path, found := strings.CutPrefix(r.URL.Path, "/api/catalog/entities/")
	parts := strings.Split(path, "/")
	switch {
	case r.Header.Get("Authorization") != "Bearer "+canary:
		problem(http.StatusUnauthorized, "AuthenticationError", "Illegal token")
	case found && path == "by-query":
		c.query(r, answer)
	case found && len(parts) == 4 && parts[0] == "by-name":
		for _, e := range c.entities {
			if refOf(e) == (reference{parts[1], parts[2], parts[3]}) {
				answer(http.StatusOK, e)
				return
			}
		}
		problem(http.StatusNotFound, "NotFoundError", fmt.Sprintf("No entity named '%s' found, with kind '%s' in namespace '%s'", parts[3], parts[1], parts[2]))
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func refOf(e object) reference {
	m, _ := e["metadata"].(object)
	namespace := "default"
	if n, ok := m["namespace"].(string); ok {
		namespace = n
	}
	return reference{strings.ToLower(fmt.Sprint(e["kind"])), strings.ToLower(namespace), strings.ToLower(fmt.Sprint(m["name"]))}
}

func (c *catalog) query(r *http.Request, answer func(int, any)) {
	q := r.URL.Query()
	kinds, offset := q["filter"], 0
	if cursor := q.Get("cursor"); cursor != "" {
		at, rest, _ := strings.Cut(cursor, "|")
		offset, _ = strconv.Atoi(at)
		kinds = strings.Split(rest, ",")
	}
	limit, _ := strconv.Atoi(q.Get("limit"))
	items := []object{}
	for _, e := range c.entities {
		if slices.Contains(kinds, "kind="+refOf(e).kind) {
			items = append(items, e)
		}
	}
	total, info := len(items), object{}
	items = items[min(offset, total):min(offset+limit, total)]
	if offset+limit < total {
		info["nextCursor"] = fmt.Sprintf("%d|%s", offset+limit, strings.Join(kinds, ","))
	}
	answer(http.StatusOK, object{"items": items, "totalItems": total, "pageInfo": info})
}

func impatient() httpclient.Config {
	return httpclient.Config{Timeout: 100 * time.Millisecond, Wait: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }}
}

// served returns a system that asks a server.
func served(t *testing.T, h http.Handler, change ...func(*Config)) *System {
	t.Helper()
	c := Config{
		Name: "cat", URL: systemtest.ServeHTTP(t, h) + "/", Token: canary, PageSize: 3,
		MinRecords: map[string]int{table.NameAssets: 0, table.NamePeople: 0},
	}
	how := httpclient.Config{Wait: impatient().Wait}
	for _, edit := range change {
		edit(&c)
		how = impatient()
	}
	s, err := open(c, how)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
