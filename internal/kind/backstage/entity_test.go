package backstage

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestOwnersAndRelations(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"a name":              {`{"spec": {"owner": "Pay"}, "relations": [{"type": "ownedBy", "targetRef": "group:shop/pay"}]}`, []string{"group:shop/pay"}},
		"an address":          {`{"spec": {"owner": "Ann@x.org"}, "relations": [{"type": "ownedBy", "targetRef": "group:shop/ann@x.org"}]}`, []string{"Ann@x.org"}},
		"an address, alone":   {`{"spec": {"owner": "ann@x.org"}}`, []string{"ann@x.org"}},
		"a reference with @":  {`{"spec": {"owner": "User:Shop/A@x"}, "relations": [{"type": "ownedBy", "targetRef": "user:shop/a@x"}]}`, []string{"user:shop/a@x"}},
		"somebody else, too":  {`{"spec": {"owner": "a@x.org"}, "relations": [{"type": "ownedBy", "targetRef": "user:shop/bob"}]}`, []string{"a@x.org", "user:shop/bob"}},
		"of another relation": {`{"spec": {"owner": "pay"}, "relations": [{"type": "partOf", "targetRef": "system:shop/all"}]}`, []string{"group:shop/pay"}},
		"no reference":        {`{"spec": {"owner": "a b"}}`, []string{"a b"}},
	} {
		t.Run(name, func(t *testing.T) {
			entity := object{"kind": "Component", "metadata": object{"name": "a", "namespace": "shop"}}
			if err := json.Unmarshal([]byte(c.text), &entity); err != nil {
				t.Fatal(err)
			}
			e, flaw := entityOf(treeIn(entity))
			if flaw != nil || !slices.Equal(e.owners, c.want) {
				t.Errorf("the owners are %q, want %q: %v", e.owners, c.want, flaw)
			}
		})
	}
}
