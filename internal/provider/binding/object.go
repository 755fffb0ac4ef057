package binding

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/provider/value"
)

// factsName is the attribute that a grant takes from its binding: one text, which
// holds what a decision depends on and what apply needs to assess the asset again.
const factsName = "facts"

const factsDescription = "What a grant keeps of the binding, as one JSON text in canonical form: what a decision depends on, with a digest over it, the arguments, and names. " +
	"Only what is stated is in it. It begins with a space, so that a plan shows it in one line; `jsondecode` reads it."

// DigestLength is how many characters of the digest the text has: enough to tell that
// it was written by hand.
const DigestLength = 16

// Facts writes the binding and what it was asked with in the form that a grant keeps.
func Facts(b *lifecycle.Binding, q *lifecycle.Question) string {
	object := make(map[string]any, 32)
	kept.Put(object, b)
	if b.Name != "" {
		object["name"] = b.Name
	}
	object["asset"] = b.Asset.String()
	object["digest"] = b.Digest()[:DigestLength]
	if len(b.Names) > 0 {
		names := make(map[string]string, len(b.Names))
		for _, n := range b.Names {
			names[n.ID] = n.Name
		}
		object["names"] = names
	}
	if len(b.Tasks) > 0 {
		object["tasks"] = tasksOf(b.Tasks)
	}
	if q.Declared != (lifecycle.Declared{}) {
		object["declared"] = declaredOf(&q.Declared)
	}
	if len(q.Evidence) > 0 {
		evidence := make(map[string]string, len(q.Evidence))
		for _, c := range q.Evidence {
			evidence[c.Name] = c.Owner
		}
		object["evidence"] = evidence
	}
	if len(q.Successors) > 0 {
		object["successors"] = q.Successors
	}
	return " " + value.JSON(object)
}

// FromFacts reads what Facts wrote. An error means that something else wrote it.
func FromFacts(text string) (lifecycle.Binding, lifecycle.Question, error) {
	var b lifecycle.Binding
	var q lifecycle.Question
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &object); err != nil {
		return b, q, errors.New("its facts are not the JSON object that a custody_binding writes")
	}
	var asset, digest string
	var names, evidence map[string]string
	var d declaredFacts
	var tasks []taskFacts
	for name, into := range map[string]any{
		"asset": &asset, "digest": &digest, "name": &b.Name, "names": &names, "tasks": &tasks,
		"declared": &d, "evidence": &evidence, "successors": &q.Successors,
	} {
		if raw, stated := object[name]; stated {
			if err := json.Unmarshal(raw, into); err != nil {
				return b, q, fmt.Errorf("%s: %w", name, err)
			}
			delete(object, name)
		}
	}
	var ok bool
	if q.Asset, ok = lifecycle.ParseRef(asset); !ok {
		return b, q, errors.New("its facts name no asset")
	}
	b.Asset = q.Asset
	if err := kept.Take(object, &b); err != nil {
		return b, q, err
	}
	for name := range object {
		return b, q, fmt.Errorf("its facts hold %q, which this version does not know", name)
	}
	b.Names = named(names)
	if err := readTasks(tasks, &b); err != nil {
		return b, q, err
	}
	if err := d.read(&q.Declared); err != nil {
		return b, q, err
	}
	q.Evidence = claims(evidence)
	if digest != b.Digest()[:DigestLength] {
		return b, q, errors.New("its digest does not match its other facts")
	}
	return b, q, nil
}

// taskFacts is an open task as the text holds it: what a sentence needs to lead to it.
type taskFacts struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
	URL  string `json:"url,omitempty"`
}

func tasksOf(tasks []lifecycle.Task) []taskFacts {
	out := make([]taskFacts, len(tasks))
	for i, t := range tasks {
		out[i] = taskFacts{ID: t.ID, Kind: t.Kind.String(), URL: t.URL}
	}
	return out
}

func readTasks(tasks []taskFacts, b *lifecycle.Binding) error {
	for _, t := range tasks {
		kind, err := lifecycle.ParseTaskKind(t.Kind)
		if err != nil {
			return err
		}
		b.Tasks = append(b.Tasks, lifecycle.Task{ID: t.ID, Kind: kind, URL: t.URL})
	}
	return nil
}

// claims lists what other places claim of the owner, sorted by their names.
func claims(evidence map[string]string) []lifecycle.Claim {
	var out []lifecycle.Claim
	for _, name := range slices.Sorted(maps.Keys(evidence)) {
		out = append(out, lifecycle.Claim{Name: name, Owner: evidence[name]})
	}
	return out
}

// declaredFacts are the declared facts as the text holds them.
type declaredFacts struct {
	Criticality    string `json:"criticality,omitempty"`
	Environment    string `json:"environment,omitempty"`
	Owner          string `json:"owner,omitempty"`
	Purpose        string `json:"purpose,omitempty"`
	RetirementDate string `json:"retirement_date,omitempty"`
	ThirdParty     *bool  `json:"third_party,omitempty"`
}

func declaredOf(d *lifecycle.Declared) declaredFacts {
	out := declaredFacts{
		Criticality: d.Criticality, Environment: d.Environment, Owner: d.Owner, Purpose: d.Purpose,
		RetirementDate: value.Stamp(d.RetirementDate),
	}
	if d.ThirdParty != lifecycle.Unstated {
		yes := d.ThirdParty == lifecycle.Yes
		out.ThirdParty = &yes
	}
	return out
}

func (f *declaredFacts) read(into *lifecycle.Declared) error {
	*into = lifecycle.Declared{Criticality: f.Criticality, Environment: f.Environment, Owner: f.Owner, Purpose: f.Purpose}
	if f.ThirdParty != nil {
		into.ThirdParty = lifecycle.TristateOf(*f.ThirdParty)
	}
	if f.RetirementDate == "" {
		return nil
	}
	var err error
	into.RetirementDate, err = value.ParseInstant(f.RetirementDate)
	return err
}

// SameButNames reports whether two texts differ in nothing but display names and links: a
// name that was edited changes no grant. Another open task is another message of a finding.
func SameButNames(before, after string) bool {
	if before == after {
		return true
	}
	b, q, err := FromFacts(after)
	return err == nil && saysButNames(before, &b, &q)
}

// saysButNames reports whether Facts would write the text, were the names and links those
// in it.
// A binding that was read once has the names of its creation for good, so this is asked
// of every unchanged one.
func saysButNames(text string, b *lifecycle.Binding, q *lifecycle.Question) bool {
	var written struct {
		Name  string            `json:"name"`
		Names map[string]string `json:"names"`
		Tasks []taskFacts       `json:"tasks"`
	}
	if json.Unmarshal([]byte(text), &written) != nil {
		return false
	}
	renamed := *b
	renamed.Name, renamed.Names = written.Name, named(written.Names)
	if len(written.Tasks) > 0 && len(b.Tasks) > 0 { // earlier versions wrote none
		renamed.Tasks = nil
		if readTasks(written.Tasks, &renamed) != nil {
			return false
		}
	}
	return Facts(&renamed, q) == text
}

// named lists display names, sorted by their ids.
func named(names map[string]string) []lifecycle.Named {
	var out []lifecycle.Named
	for _, id := range slices.Sorted(maps.Keys(names)) {
		out = append(out, lifecycle.Named{ID: id, Name: names[id]})
	}
	return out
}
