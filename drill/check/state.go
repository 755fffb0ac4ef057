package check

import (
	"encoding/json"
	"fmt"
)

// State is what Terraform has written down.
type State struct {
	Grants      map[string]Grant
	Credentials map[string]bool // whether it is enabled, by "<grant>/<generation>"
}

// Grant is one access.
type Grant struct {
	Risk, Status, Holder string
	Active               bool
	Generations          map[string]Generation
}

// Generation is one credential of a grant.
type Generation struct {
	Enabled bool
	Holder  string
}

// ReadState reads what "terraform show -json" prints: the grants, and the credentials,
// for which a terraform_data stands in.
func ReadState(text []byte) (State, error) {
	s := State{Grants: map[string]Grant{}, Credentials: map[string]bool{}}
	var shown struct {
		Values struct {
			Root struct {
				Resources []struct {
					Type   string
					Index  any
					Values json.RawMessage
				}
			} `json:"root_module"`
		}
	}
	if err := json.Unmarshal(text, &shown); err != nil {
		return s, err
	}
	for _, r := range shown.Values.Root.Resources {
		key := fmt.Sprint(r.Index)
		var err error
		switch r.Type {
		case "custody_grant":
			var g Grant
			err = json.Unmarshal(r.Values, &g)
			s.Grants[key] = g
		case "terraform_data":
			var d struct{ Input bool }
			err = json.Unmarshal(r.Values, &d)
			s.Credentials[key] = d.Input
		}
		if err != nil {
			return s, fmt.Errorf("%s %s: %w", r.Type, key, err)
		}
	}
	return s, nil
}
