package vault

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// entity is one identity, as the server shows it.
type entity struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Disabled *bool    `json:"disabled"`
	Merged   []string `json:"merged_entity_ids"` // the identities that it has taken in
	Updated  string   `json:"last_update_time"`
	Aliases  []struct {
		Name     string `json:"name"`
		Accessor string `json:"mount_accessor"`
	} `json:"aliases"`
}

// role is a role of AppRole.
type role struct {
	mount []string
	name  string
	id    string // half of what logs in
}

// at is the path of something of the role.
func (r *role) at(rest ...string) []string {
	return append(append(append([]string{"auth"}, r.mount...), "role", r.name), rest...)
}

// rule is the path of something of every role, in a rule of a policy.
func (r *role) rule(rest string) string {
	return "auth/" + strings.Join(r.mount, "/") + "/role/+/" + rest
}

// identity is what a subject names (system.Account.Seen).
type identity struct {
	entity *entity // nil for a role whose logins have none yet
	role   *role   // nil for an entity

	prefixes  [][]string // of the leases that belong to it
	tokens    []token
	secretIDs []string // accessors
	leases    []string // ids
}

// entityID is the form of the identity of an entity; in a namespace something follows.
var entityID = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(\.[0-9A-Za-z]+)?$`)

// pathPrefix begins the subjects that are paths: auth/userpass/ann is the alias ann of
// the method at userpass, auth/approle/role/app a role of AppRole.
const pathPrefix = "auth/"

// find returns what the subject names; nil if there is nothing.
func (s *System) find(ctx context.Context, subject string) (*identity, error) {
	if path, ok := strings.CutPrefix(subject, pathPrefix); ok {
		return s.findPath(ctx, path)
	}
	if entityID.MatchString(subject) {
		id, rest, namespaced := strings.Cut(subject, ".")
		id = strings.ToLower(id)
		if namespaced {
			id += "." + rest
		}
		if e, err := s.lookup(ctx, map[string]string{"id": id}); e != nil || err != nil {
			return only(e), err
		}
	}
	e, err := s.lookup(ctx, map[string]string{"name": subject})
	if e == nil || system.Fold(e.Name) != system.Fold(subject) { // it lowers more than ASCII letters
		return nil, err
	}
	return only(e), err
}

func only(e *entity) *identity {
	if e == nil {
		return nil
	}
	return &identity{entity: e}
}

var lookupRight = right{path: []string{"identity", "lookup", "entity"}, capabilities: []string{"update"}}

// lookup asks for the entity of an id, a name or an alias; nil if there is none.
func (s *System) lookup(ctx context.Context, by map[string]string) (*entity, error) {
	var e entity
	found, err := s.read(ctx, call{right: lookupRight, body: by}, &e)
	if !found || err != nil {
		return nil, err
	}
	if e.ID == "" || e.Disabled == nil {
		return nil, s.client.Unusable("an entity does not show its id, or whether it is disabled", "Check that url leads to a Vault or an OpenBao.")
	}
	return &e, nil
}

// findPath returns what a path below auth/ names.
func (s *System) findPath(ctx context.Context, path string) (*identity, error) {
	var mounts map[string]struct{ Type, Accessor string }
	c := call{right: right{path: []string{"sys", "auth"}, capabilities: []string{"read"}}}
	found, err := s.read(ctx, c, &mounts)
	if err != nil {
		return nil, err
	}
	if !found || len(mounts) == 0 {
		return nil, s.client.Unusable("it lists no auth methods", "Check namespace, and that url leads to a Vault or an OpenBao.")
	}
	mount := ""
	for candidate := range mounts {
		if strings.HasSuffix(candidate, "/") && strings.HasPrefix(path, candidate) && len(candidate) > len(mount) {
			mount = candidate
		}
	}
	if mount == "" {
		return nil, &fault.Fault{
			Kind: fault.ErrConfig, Summary: summaryAccount,
			Happened: s.client.Sentence(fmt.Sprintf("The system %q has no auth method at %q.", s.config.Name, pathPrefix+path)),
			Advice:   "Write auth/<path of the method>/<alias>, auth/<path of AppRole>/role/<role>, or the name or the id of an entity.",
		}
	}
	name := strings.TrimPrefix(path, mount)
	at, ok := segments(mount)
	if !ok {
		return nil, s.client.Unusable("the path of an auth method cannot be a part of an address", "Mount the method elsewhere.")
	}
	if named, ok := strings.CutPrefix(name, "role/"); ok && mounts[mount].Type == "approle" {
		return s.findRole(ctx, &role{mount: at, name: named}, mounts[mount].Accessor)
	}
	return s.findAlias(ctx, name, mounts[mount].Accessor)
}

// findAlias returns the entity that logins of a name at an auth method have.
func (s *System) findAlias(ctx context.Context, name, accessor string) (*identity, error) {
	if name == "" {
		return nil, nil
	}
	e, err := s.lookup(ctx, map[string]string{"alias_name": name, "alias_mount_accessor": accessor})
	if e == nil || err != nil {
		return nil, err
	}
	for _, a := range e.Aliases {
		if a.Accessor == accessor && system.Fold(a.Name) == system.Fold(name) {
			return only(e), nil
		}
	}
	return nil, nil
}

// roleName is the form of the names of roles. The server answers to others as to a path
// that it does not know.
var roleName = regexp.MustCompile(`^[0-9A-Za-z_]([0-9A-Za-z_.-]*[0-9A-Za-z_])?$`)

// findRole returns a role of AppRole with the entity that its logins have.
func (s *System) findRole(ctx context.Context, r *role, accessor string) (*identity, error) {
	if !roleName.MatchString(r.name) {
		return nil, nil
	}
	r.name = system.Fold(r.name)
	var answer struct {
		RoleID string `json:"role_id"`
	}
	c := call{right: right{path: r.at("role-id"), rule: r.rule("role-id"), capabilities: []string{"read"}}}
	found, err := s.read(ctx, c, &answer)
	if !found || err != nil {
		return nil, err
	}
	if answer.RoleID == "" {
		return nil, s.client.Unusable("a role does not show its id", "Check that url leads to a Vault or an OpenBao.")
	}
	s.client.Hide(answer.RoleID)
	r.id = answer.RoleID
	out, err := s.findAlias(ctx, r.id, accessor)
	if out == nil {
		out = &identity{}
	}
	out.role = r
	return out, err
}

// id is what identifies the account for good. A role has its own, which its entity gets
// only with its first login; it is shown as a digest, because it is half of a login.
func (i *identity) id() string {
	if i.role == nil {
		return i.entity.ID
	}
	digest := sha256.Sum256([]byte(i.role.id))
	return "role-" + hex.EncodeToString(digest[:16])
}

func (i *identity) name() string {
	if i.role == nil {
		return i.entity.Name
	}
	return strings.Join(i.role.at(), "/")
}
