package connect

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/custodyhq/terraform-provider-custody/internal/kind/backstage"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/file"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/ldap"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/postgresql"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/register"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/requesttracker"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/rest"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/scim"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/sql"
	"github.com/custodyhq/terraform-provider-custody/internal/kind/vault"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/record"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// kind is a kind of system: how its block is written, and what opens a system
// from such a block, in a run that records there; nil for one that does not.
type kind struct {
	name   string
	schema schema.Attribute
	open   func(ctx context.Context, name string, block types.Object, in *record.Run) (system.System, error)
}

// kinds is the table of the kinds that are written in Go, and of the one whose
// description the user writes. A new kind takes one line.
func kinds() []kind {
	return []kind{
		decoded(backstage.Kind, backstageSchema, (*backstageModel).open),
		decoded(file.Kind, fileSchema, (*fileModel).open),
		decoded(ldap.Kind, ldapSchema, (*ldapModel).open),
		decoded(postgresql.Kind, postgresqlSchema, (*postgresqlModel).open),
		{register.Kind, registerSchema, openRegister},
		decoded(requesttracker.Kind, requestTrackerSchema, (*requestTrackerModel).open),
		decoded(scim.Kind, scimSchema, (*scimModel).open),
		decoded(sql.Kind, sqlSchema(), (*sqlModel).open),
		decoded(vault.Kind, vaultSchema, (*vaultModel).open),
		{rest.Kind, restSchema(), openDescribed(rest.Kind, "")},
	}
}

// decoded is a kind whose block is decoded into the model M.
func decoded[M any](name string, block schema.Attribute, open func(m *M, name string) (system.System, error)) kind {
	return kind{name, block, func(ctx context.Context, name string, block types.Object, _ *record.Run) (system.System, error) {
		if problems := nullElements(block); len(problems) > 0 {
			return nil, &system.ConfigError{System: name, Problems: problems}
		}
		var m M
		if diags := block.As(ctx, &m, basetypes.ObjectAsOptions{}); diags.HasError() {
			return nil, errors.New(diags.Errors()[0].Detail())
		}
		return open(&m, name)
	}}
}

// nullElements lists the elements of lists and maps that are null: a model has
// no place for them, and leaving them out could silently drop a check.
func nullElements(block types.Object) []system.Problem {
	const message = "A null element states nothing. Accepted: a value; leave the element out to state none."
	var out []system.Problem
	attributes := block.Attributes()
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		switch v := attributes[name].(type) {
		case types.Object:
			for _, p := range nullElements(v) {
				out = append(out, system.Problem{Attribute: name + "." + p.Attribute, Key: p.Key, Message: p.Message})
			}
		case types.List:
			if slices.ContainsFunc(v.Elements(), attr.Value.IsNull) {
				out = append(out, system.Problem{Attribute: name, Message: message})
			}
		case types.Map:
			elements := v.Elements()
			for _, key := range slices.Sorted(maps.Keys(elements)) {
				list, _ := elements[key].(types.List)
				if elements[key].IsNull() || slices.ContainsFunc(list.Elements(), attr.Value.IsNull) {
					out = append(out, system.Problem{Attribute: name, Key: key, Message: message})
				}
			}
		}
	}
	return out
}

// Kinds are the kinds of systems that a provider can connect.
type Kinds struct {
	all []kind // by name
}

// New returns the kinds that are written in Go and those that the descriptions
// describe, in files named <kind>.yaml.
func New(descriptions fs.FS) (*Kinds, error) {
	all := kinds()
	described, err := rest.Described(descriptions)
	if err != nil {
		return nil, err
	}
	for _, name := range described {
		if slices.ContainsFunc(all, func(k kind) bool { return k.name == name }) {
			return nil, fmt.Errorf("the description of %s has the name of another kind", name)
		}
		k, err := describedKind(descriptions, name)
		if err != nil {
			return nil, fmt.Errorf("the description of %s: %w", name, err)
		}
		all = append(all, k)
	}
	slices.SortFunc(all, func(a, b kind) int { return strings.Compare(a.name, b.name) })
	return &Kinds{all}, nil
}

// Shipped returns the kinds that come with the provider.
var Shipped = sync.OnceValue(func() *Kinds {
	shipped, err := New(rest.Shipped())
	if err != nil {
		panic("connect: " + err.Error()) // every shipped description is read in the tests
	}
	return shipped
})

// Schemas returns the blocks of the kinds inside an entry of systems.
func (k *Kinds) Schemas() map[string]schema.Attribute {
	out := make(map[string]schema.Attribute, len(k.all))
	for _, one := range k.all {
		out[one.name] = one.schema
	}
	return out
}
