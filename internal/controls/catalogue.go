package controls

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
)

//go:embed catalogues/*.yaml
var files embed.FS

// catalogue is a framework as its file writes it.
type catalogue struct {
	Name    string `yaml:"name"` // as policies write it, and the name of the file
	Title   string `yaml:"title"`
	Version string `yaml:"version"`
	Source  string `yaml:"source"` // where it is published
	Prefix  string `yaml:"prefix"` // comes before the id of a control, with a space
	// BoundTo says that the whole framework is about persons or workloads only.
	BoundTo  string    `yaml:"bound_to"`
	Controls []control `yaml:"controls"` // in the order in which they are named
}

// control is one control, requirement or risk of a framework.
type control struct {
	ID      string     `yaml:"id"`
	Subject string     `yaml:"subject"`
	When    []selector `yaml:"when"` // the findings that serve it: those of any selector
}

// selector selects findings by what it names; what it leaves out selects everything.
// It must name something.
type selector struct {
	Findings []string `yaml:"findings"`
	BoundTo  string   `yaml:"bound_to"`
	Tasks    []string `yaml:"tasks"`    // one of these kinds
	Changed  []string `yaml:"changed"`  // one of these facts
	Rotation []string `yaml:"rotation"` // one of these rotations
}

// index holds the catalogues, and for each finding the rules that can select it in
// the order of the catalogues and their controls.
type index struct {
	catalogues []catalogue
	rules      [lifecycle.NumCodes][]rule
}

// rule is a selector for one finding.
type rule struct {
	framework int    // the place of its catalogue
	control   string // with its framework
	boundTo   choice
	tasks     choice
	changed   choice
	rotation  choice
}

func (r *rule) selects(q *Query) bool {
	return r.boundTo.has(uint8(q.BoundTo)) && r.rotation.has(uint8(q.Rotation)) &&
		(r.tasks == 0 || slices.ContainsFunc(q.Tasks, func(k lifecycle.TaskKind) bool { return r.tasks.has(uint8(k)) })) &&
		(r.changed == 0 || slices.ContainsFunc(q.Changed, func(text string) bool {
			f, err := parseFact(text)
			return err == nil && r.changed.has(uint8(f))
		}))
}

// choice is a set of values of an enumeration. The empty one has every value.
type choice uint8

func (c choice) has(v uint8) bool { return c == 0 || c&(1<<v) != 0 }

func choiceOf[T ~uint8](texts []string, parse func(string) (T, error)) (choice, error) {
	var c choice
	for _, text := range texts {
		v, err := parse(text)
		if err != nil {
			return 0, err
		}
		c |= 1 << v
	}
	return c, nil
}

// fact is a fact whose change is a finding, by its place in facts.
type fact uint8

var facts = []string{"class", "environment", "criticality", "manager", "teams"}

func parseFact(text string) (fact, error) {
	i := slices.Index(facts, text)
	if i < 0 {
		return 0, fmt.Errorf("%q is not a fact that can change; accepted: %s", text, strings.Join(facts, ", "))
	}
	return fact(i), nil //nolint:gosec // at most 4
}

// read reads and checks every catalogue.
func read(fsys fs.FS) (*index, error) {
	names, err := fs.Glob(fsys, "catalogues/*.yaml") // sorted
	if err != nil {
		return nil, err
	}
	x := &index{}
	for _, name := range names {
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		var c catalogue
		if err := yaml.UnmarshalWithOptions(text, &c, yaml.Strict()); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if name != "catalogues/"+c.Name+".yaml" {
			return nil, fmt.Errorf("%s: the name %q is not that of the file", name, c.Name)
		}
		if err := x.add(c); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return x, nil
}

func (x *index) add(c catalogue) error {
	if c.Title == "" || c.Version == "" || c.Source == "" || c.Prefix == "" || len(c.Controls) == 0 {
		return errors.New("title, version, source, prefix and controls are required")
	}
	x.catalogues = append(x.catalogues, c)
	seen := map[string]bool{}
	for _, k := range c.Controls {
		if k.ID == "" || k.Subject == "" || len(k.When) == 0 {
			return fmt.Errorf("control %q: id, subject and when are required", k.ID)
		}
		if seen[k.ID] {
			return fmt.Errorf("control %q is listed twice", k.ID)
		}
		seen[k.ID] = true
		for _, s := range k.When {
			if err := x.addRules(&c, k.ID, s); err != nil {
				return fmt.Errorf("control %q: %w", k.ID, err)
			}
		}
	}
	return nil
}

func (x *index) addRules(c *catalogue, id string, s selector) error {
	if len(s.Findings)+len(s.BoundTo)+len(s.Tasks)+len(s.Changed)+len(s.Rotation) == 0 {
		return errors.New("a selector without a condition selects every finding")
	}
	if c.BoundTo != "" {
		if s.BoundTo != "" {
			return errors.New("bound_to is given for the whole framework already")
		}
		s.BoundTo = c.BoundTo
	}
	codes, err := codesOf(s.Findings)
	if err != nil {
		return err
	}
	r, err := ruleOf(s)
	if err != nil {
		return err
	}
	r.framework, r.control = len(x.catalogues)-1, c.Prefix+" "+id
	for _, code := range codes {
		x.rules[code] = append(x.rules[code], r)
	}
	return nil
}

func ruleOf(s selector) (r rule, err error) {
	if s.BoundTo != "" {
		if r.boundTo, err = choiceOf([]string{s.BoundTo}, lifecycle.ParseBoundTo); err != nil {
			return r, err
		}
	}
	if r.tasks, err = choiceOf(s.Tasks, lifecycle.ParseTaskKind); err != nil {
		return r, err
	}
	if r.changed, err = choiceOf(s.Changed, parseFact); err != nil {
		return r, err
	}
	r.rotation, err = choiceOf(s.Rotation, lifecycle.ParseRotation)
	return r, err
}

// codesOf returns the findings with the given names, and every finding for none.
func codesOf(texts []string) ([]lifecycle.Code, error) {
	if len(texts) == 0 {
		texts = lifecycle.Codes()
	}
	codes := make([]lifecycle.Code, 0, len(texts))
	for _, text := range texts {
		code, err := lifecycle.ParseCode(text)
		if err != nil {
			return nil, err
		}
		if slices.Contains(codes, code) {
			return nil, fmt.Errorf("%q is listed twice", text)
		}
		codes = append(codes, code)
	}
	return codes, nil
}
