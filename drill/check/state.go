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
	ID                   string
	Risk, Status, Holder string
	Active               bool
	Generations          map[string]Generation
}

// Generation is one credential of a grant.
type Generation struct {
	Enabled bool
	Holder  string
}

// NewState returns a state that holds nothing.
func NewState() State {
	return State{Grants: map[string]Grant{}, Credentials: map[string]bool{}}
}

// Read adds what a file of state holds: the grants, and the credentials, for which a
// terraform_data stands in.
func (s State) Read(file []byte) error {
	var f struct {
		Resources []struct {
			Type      string
			Instances []struct {
				Key        string `json:"index_key"`
				Attributes json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(file, &f); err != nil {
		return err
	}
	for _, r := range f.Resources {
		for _, i := range r.Instances {
			var g Grant
			var d struct{ Input struct{ Value bool } }
			var err error
			switch r.Type {
			case "custody_grant":
				err = json.Unmarshal(i.Attributes, &g)
				s.Grants[i.Key] = g
			case "terraform_data":
				err = json.Unmarshal(i.Attributes, &d)
				s.Credentials[i.Key] = d.Input.Value
			}
			if err != nil {
				return fmt.Errorf("%s %s: %w", r.Type, i.Key, err)
			}
		}
	}
	return nil
}
