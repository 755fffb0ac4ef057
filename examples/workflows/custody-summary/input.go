package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// maxInput bounds what is read, in bytes. The plan of 10,000 grants takes about a tenth.
const maxInput = 1 << 30

// document is as much of a plan's or a state's JSON as the summary needs.
type document struct {
	FormatVersion    string   `json:"format_version"`
	TerraformVersion string   `json:"terraform_version"`
	Timestamp        string   `json:"timestamp"`
	Errored          bool     `json:"errored"`
	Changes          []change `json:"resource_changes"`
	Drift            []change `json:"resource_drift"`
	Values           *struct {
		Root module `json:"root_module"`
	} `json:"values"` // of a state only
}

type module struct {
	Resources []resource `json:"resources"`
	Children  []module   `json:"child_modules"`
}

type resource struct {
	Address string          `json:"address"`
	Mode    string          `json:"mode"`
	Type    string          `json:"type"`
	Values  json.RawMessage `json:"values"`
}

type change struct {
	Address string `json:"address"`
	Mode    string `json:"mode"`
	Type    string `json:"type"`
	Change  struct {
		Actions []string        `json:"actions"`
		Before  json.RawMessage `json:"before"`
		After   json.RawMessage `json:"after"`
	} `json:"change"`
}

func (c *change) is(action string) bool { return slices.Contains(c.Change.Actions, action) }

// moves reports whether the plan does anything to a resource.
func (c *change) moves() bool {
	return c.Mode == "managed" && len(c.Change.Actions) > 0 && !c.is("no-op")
}

// state reports whether the document is a state, which changes nothing.
func (d *document) state() bool { return d.Values != nil }

// at returns the instant of the plan, or the given one where the document names none.
func (d *document) at(otherwise time.Time) time.Time {
	if at, ok := instant(d.Timestamp); ok {
		return at
	}
	return otherwise
}

// readDocument reads a plan or a state. Where the plan is known to have failed,
// nothing at all is accepted too.
func readDocument(from io.Reader, failed bool) (*document, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxInput+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxInput:
		return nil, fmt.Errorf("the input is larger than %d bytes", maxInput)
	case failed && len(strings.TrimSpace(string(data))) == 0:
		return &document{Errored: true}, nil
	}
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, fmt.Errorf("this is neither a plan nor a state in the form of \"terraform show -json\": %w", err)
	}
	if !strings.HasPrefix(d.FormatVersion, "1.") {
		return nil, fmt.Errorf("the input has format version %q; 1 is understood", d.FormatVersion)
	}
	if d.state() && len(d.Changes) > 0 {
		return nil, errors.New("the input holds the values of a state and the changes of a plan")
	}
	if d.state() {
		d.keep(&d.Values.Root)
	}
	d.Errored = d.Errored || failed
	return &d, nil
}

// keep enters the resources of a state as a plan that keeps all of them.
func (d *document) keep(m *module) {
	for i := range m.Resources {
		r := &m.Resources[i]
		c := change{Address: r.Address, Mode: r.Mode, Type: r.Type}
		c.Change.Actions = []string{"no-op"}
		c.Change.Before, c.Change.After = r.Values, r.Values
		d.Changes = append(d.Changes, c)
	}
	for i := range m.Children {
		d.keep(&m.Children[i])
	}
}

func decode[T any](data json.RawMessage) (*T, error) {
	var out *T
	if len(data) == 0 {
		return nil, nil //nolint:nilnil // not there
	}
	err := json.Unmarshal(data, &out)
	return out, err
}

// instant reads an instant as custody and Terraform write it.
func instant(text string) (time.Time, bool) {
	at, err := time.Parse(time.RFC3339, text)
	return at.UTC(), err == nil
}
