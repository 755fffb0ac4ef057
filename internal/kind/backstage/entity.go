package backstage

import (
	"slices"
	"strings"
	"unicode"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// reference names an entity. Its parts are in lower case, as Backstage compares
// them.
type reference struct{ kind, namespace, name string }

// String returns the reference as Backstage writes it.
func (r reference) String() string { return r.kind + ":" + r.namespace + "/" + r.name }

// parseRef reads "[kind:][namespace/]name". What it leaves out is taken from the
// defaults; a default that is empty makes that part required.
func parseRef(text, kind, namespace string) (reference, bool) {
	r := reference{kind: kind, namespace: namespace, name: system.Fold(strings.TrimSpace(text))}
	if before, after, ok := strings.Cut(r.name, ":"); ok {
		r.kind, r.name = before, after
	}
	if before, after, ok := strings.Cut(r.name, "/"); ok {
		r.namespace, r.name = before, after
	}
	r.kind, r.namespace = system.Fold(r.kind), system.Fold(r.namespace)
	return r, plain(r.kind) && plain(r.namespace) && plain(r.name)
}

func plain(part string) bool {
	return part != "" && part != "." && part != ".." && !system.HasReplacement(part) && !strings.ContainsFunc(part, func(r rune) bool {
		return r == ':' || r == '/' || unicode.IsSpace(r) || unicode.IsControl(r)
	})
}

// entity is one entity of a catalog, as far as it is read.
type entity struct {
	ref         reference
	source      string // with line it is the position of the entity
	line        int
	title       string
	description string
	annotations map[string]string
	orphan      bool

	typ, lifecycle string
	owners         []string // references, or other texts as they are
	displayName    string
	email          string
	teams          []string // groups that a user or a group belongs to
	inside         []string // users and groups that belong to a group
}

const orphaned = "backstage.io/orphan"

// entityOf reads an entity from a tree of values, or says why it cannot.
func entityOf(n node) (entity, *table.Flaw) {
	flaw := func(at node, reason string) (entity, *table.Flaw) {
		line := at.line
		if line == 0 {
			line = n.line
		}
		return entity{}, &table.Flaw{Line: line, Column: 1, Reason: reason}
	}
	e := entity{line: n.line, annotations: make(map[string]string)}
	if n.fields == nil {
		return flaw(n, "an entity is a mapping with kind and metadata")
	}
	metadata, spec := n.at("metadata"), n.at("spec")
	namespace := metadata.at("namespace").text
	if namespace == "" {
		namespace = "default"
	}
	ref := reference{system.Fold(n.at("kind").text), system.Fold(namespace), system.Fold(metadata.at("name").text)}
	if !plain(ref.kind) || !plain(ref.namespace) || !plain(ref.name) {
		return flaw(n, "an entity needs kind and metadata.name, without spaces, colons and slashes")
	}
	e.ref = ref
	profile := spec.at("profile")
	for _, f := range []struct {
		from node
		name string
		to   *string
	}{
		{metadata, "title", &e.title}, {metadata, "description", &e.description}, {spec, "type", &e.typ}, {spec, "lifecycle", &e.lifecycle},
		{profile, "displayName", &e.displayName}, {profile, "email", &e.email},
	} {
		at := f.from.at(f.name)
		if !at.isText() {
			return flaw(at, table.Quote(f.name)+" is not a text")
		}
		*f.to = at.text
	}
	for key, at := range metadata.at("annotations").fields {
		if !at.isText() {
			return flaw(at, "the annotation "+table.Quote(key)+" is not a text")
		}
		e.annotations[key] = at.text
	}
	e.orphan = e.annotations[orphaned] == "true"
	return e, e.relate(n, spec)
}

// relate reads the relations of an entity. The relations of the API contain
// those of the fields, and those that other entities state.
func (e *entity) relate(n, spec node) *table.Flaw {
	misread := make(map[string]bool)
	for _, f := range []struct {
		name, kind string
		to         *[]string
	}{
		{"owner", kindGroup, &e.owners}, {"memberOf", kindGroup, &e.teams}, {"parent", kindGroup, &e.teams},
		{"children", kindGroup, &e.inside}, {"members", kindUser, &e.inside},
	} {
		at := spec.at(f.name)
		texts, ok := at.texts()
		if !ok {
			return &table.Flaw{Line: max(at.line, e.line), Column: 1, Reason: table.Quote(f.name) + " is neither a reference nor a list of them"}
		}
		for _, text := range texts {
			ref, ok := parseRef(text, f.kind, e.ref.namespace)
			name := ref.String()
			if address := strings.Contains(text, "@") && !strings.ContainsAny(text, ":/"); address || !ok {
				// An email address may name an owner. Backstage treats it as the name of a
				// group and relates the entity to that.
				misread[name] = address
				name = text
			}
			*f.to = append(*f.to, name)
		}
	}
	to := map[string]*[]string{"ownedBy": &e.owners, "memberOf": &e.teams, "childOf": &e.teams, "hasMember": &e.inside, "parentOf": &e.inside}
	for _, relation := range n.at("relations").list {
		list := to[relation.at("type").text]
		if ref, ok := parseRef(relation.at("targetRef").text, "", ""); ok && list != nil && !misread[ref.String()] && !slices.Contains(*list, ref.String()) {
			*list = append(*list, ref.String())
		}
	}
	return nil
}

// join adds groups to the entries of their members.
func join(entities []entity) {
	inside := make(map[string][]string)
	for _, e := range entities {
		for _, member := range e.inside {
			inside[member] = append(inside[member], e.ref.String())
		}
	}
	for i := range entities {
		e := &entities[i]
		for _, team := range inside[e.ref.String()] {
			if !slices.Contains(e.teams, team) {
				e.teams = append(e.teams, team)
			}
		}
	}
}

func (s *System) annotation(e entity, field string) string {
	return e.annotations[s.config.Annotations[field]]
}

func first(texts ...string) string {
	for _, text := range texts {
		if system.Clean(text) != "" {
			return text
		}
	}
	return ""
}

// assetRow returns the fields of an entity that is an asset.
func (s *System) assetRow(e entity) map[string]table.Cell {
	class := e.typ
	if e.ref.kind == kindAPI {
		// Its type is a format, such as openapi.
		class = ""
	}
	state := e.lifecycle
	if state == "" && e.ref.kind != "component" && e.ref.kind != kindAPI {
		// Only these two have a lifecycle; other entities are in service if they exist.
		state = "in_service"
	}
	if e.orphan {
		// Its source is gone, and it was not removed from the catalog.
		state = "orphan"
	}
	owners := slices.Clone(e.owners)
	owners = append(owners, strings.Split(s.annotation(e, "owner"), ";")...)
	out := map[string]table.Cell{
		"id":      {Text: e.ref.String()},
		"name":    {Text: first(e.title, e.ref.name)},
		"class":   {Text: first(s.annotation(e, "class"), class, e.ref.kind)},
		"state":   {Text: first(s.annotation(e, "state"), state)},
		"owner":   {List: owners, IsList: true},
		"purpose": {Text: first(s.annotation(e, "purpose"), e.description)},
	}
	for _, field := range []string{"environment", "criticality", "third_party", "shared", "retirement_date", "verified_at", "assigned_at"} {
		out[field] = table.Cell{Text: s.annotation(e, field)}
	}
	return out
}

// personRow returns the fields of a user or a group. Every user in a catalog is
// active unless an annotation states another status.
func (s *System) personRow(e entity) map[string]table.Cell {
	kind := "employee"
	if e.ref.kind == kindGroup {
		kind = "team"
	}
	return map[string]table.Cell{
		"id":       {Text: e.ref.String()},
		"email":    {Text: e.email},
		"username": {Text: first(s.annotation(e, "username"), e.ref.name)},
		"name":     {Text: first(e.displayName, e.title)},
		"kind":     {Text: first(s.annotation(e, "kind"), kind)},
		"status":   {Text: first(s.annotation(e, "status"), "active")},
		"end_date": {Text: s.annotation(e, "end_date")},
		"manager":  {Text: s.annotation(e, "manager")},
		"teams":    {List: e.teams, IsList: true},
	}
}
