package register

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	store "github.com/custodyhq/terraform-provider-custody/internal/register"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// record is a record as the register holds it, under the names of the data source
// custody_asset.
type record struct {
	Class          string   `json:"class,omitempty"`
	Name           string   `json:"name,omitempty"`
	State          string   `json:"state,omitempty"`
	Owners         []string `json:"owners,omitempty"`
	Purpose        string   `json:"purpose,omitempty"`
	Environment    string   `json:"environment,omitempty"`
	Criticality    string   `json:"criticality,omitempty"`
	ThirdParty     *bool    `json:"third_party,omitempty"`
	Shared         *bool    `json:"shared,omitempty"`
	RetirementDate string   `json:"retirement_date,omitempty"`
	VerifiedAt     string   `json:"verified_at,omitempty"`
	AssignedAt     string   `json:"assigned_at,omitempty"`
}

// encode returns the text of a record. Its id is not part of it.
func encode(r *lifecycle.Record) string {
	out := record{
		Class: r.Class, Name: r.Name, Owners: r.Owners, Purpose: r.Purpose, Environment: r.Environment, Criticality: r.Criticality,
		ThirdParty: flag(r.ThirdParty), Shared: flag(r.Shared),
		RetirementDate: stamp(r.RetirementDate), VerifiedAt: stamp(r.VerifiedAt), AssignedAt: stamp(r.AssignedAt),
	}
	if r.State != lifecycle.StateUnknown {
		out.State = r.State.String()
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(out) // texts, lists of texts and flags always have a JSON
	return strings.TrimSuffix(text.String(), "\n")
}

// decode reads a record. One that this program does not understand wholly is not
// guessed.
func decode(a *store.Asset) (lifecycle.Record, error) {
	var in record
	decoder := json.NewDecoder(strings.NewReader(a.Record))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&in)
	if err == nil && decoder.Decode(new(any)) != io.EOF {
		err = errors.New("something follows the record")
	}
	out := lifecycle.Record{
		ID: a.ID, Class: in.Class, Name: in.Name, Owners: in.Owners, Purpose: in.Purpose, Environment: in.Environment, Criticality: in.Criticality,
		ThirdParty: tristate(in.ThirdParty), Shared: tristate(in.Shared),
	}
	if err == nil && in.State != "" {
		out.State, err = lifecycle.ParseState(in.State)
	}
	for _, d := range []struct {
		text string
		into *time.Time
	}{{in.RetirementDate, &out.RetirementDate}, {in.VerifiedAt, &out.VerifiedAt}, {in.AssignedAt, &out.AssignedAt}} {
		if err == nil && d.text != "" {
			*d.into, err = time.Parse(time.RFC3339, d.text)
			*d.into = d.into.UTC()
		}
		if year := d.into.Year(); err == nil && (year < 1 || year > 9999) { // it could not be written again
			err = fmt.Errorf("the year of %s is not accepted", d.text)
		}
	}
	if err != nil {
		return lifecycle.Record{}, &fault.Fault{
			Kind: fault.ErrUnavailable, Summary: "Unable to Read Asset From Register",
			Happened: fmt.Sprintf("What the register holds of the asset %q cannot be read: %s.", system.Clean(a.ID), system.Clean(err.Error())),
			Advice:   "It was edited, or written by another version of the provider. Restore the register, or upgrade the provider.",
		}
	}
	return out, nil
}

// clean takes out of a record what could make a plan read as something else.
func clean(r *lifecycle.Record) {
	for _, text := range []*string{&r.Class, &r.Name, &r.Purpose, &r.Environment, &r.Criticality} {
		*text = system.Clean(*text)
	}
	for i := range r.Owners {
		r.Owners[i] = system.Clean(r.Owners[i])
	}
}

func flag(t lifecycle.Tristate) *bool {
	if t == lifecycle.Unstated {
		return nil
	}
	yes := t == lifecycle.Yes
	return &yes
}

func tristate(b *bool) lifecycle.Tristate {
	if b == nil {
		return lifecycle.Unstated
	}
	return lifecycle.TristateOf(*b)
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
