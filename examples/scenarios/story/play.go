package story

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	tfjson "github.com/hashicorp/terraform-json"
)

// PlanFile is the name of the saved plan of the present step.
const PlanFile = "step.tfplan"

const stateFile = "terraform.tfstate"

// Player plays steps in a folder that holds a copy of the scenario.
type Player struct {
	Dir string
	Run func(args ...string) (code int, output string, err error) // the command line tool, in Dir
	Now func() time.Time
	// Directory is the directory that holds the accounts of the scenario; nil if it has
	// none.
	Directory Directory
	// Planned is the last plan that was one to apply.
	Planned *tfjson.Plan

	began time.Time
}

// Directory is a directory server with accounts.
type Directory interface {
	// Login reports whether the server accepts an account with its password.
	Login(account string) (accepted bool, err error)
	// Unlock enables an account as an administrator does by hand.
	Unlock(account string) error
}

var errNoDirectory = errors.New("the step names accounts of a directory, and the scenario is played without one")

// Plan carries out what the step changes, plans, and returns what the tool
// printed. It is an error if the plan is not what the step says; the output then
// shows what it is instead.
func (p *Player) Plan(s *Step) (output string, err error) {
	now := p.Now()
	if p.began.IsZero() {
		p.began = now
	}
	if p.Directory == nil && len(s.unlock)+len(s.expect.logins) > 0 {
		return "", errNoDirectory
	}
	for _, account := range s.unlock {
		if err := p.Directory.Unlock(account); err != nil {
			return "", err
		}
	}
	undo, err := s.change(p.Dir, instants{began: p.began, now: now})
	if err != nil {
		return "", errors.Join(err, undo())
	}
	before, err := os.ReadFile(filepath.Join(p.Dir, stateFile))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", err
	}
	code, output, err := p.Run("plan", "-no-color", "-input=false", "-detailed-exitcode", "-out="+PlanFile)
	if err != nil {
		return output, err
	}
	want := map[string]int{outcomeNothing: 0, outcomeRefused: 1, outcomeChanges: 2}[s.expect.outcome]
	if code != want {
		return output, fmt.Errorf("the plan ended with exit code %d, not %d", code, want)
	}
	for _, text := range s.expect.says {
		if !strings.Contains(unframed(output), unframed(text)) {
			return output, fmt.Errorf("the plan does not say %q", text)
		}
	}
	switch s.expect.outcome {
	case outcomeRefused:
		after, err := os.ReadFile(filepath.Join(p.Dir, stateFile))
		if err == nil && !bytes.Equal(before, after) {
			err = errors.New("the plan was refused, and yet the state has changed")
		}
		return output, errors.Join(err, undo())
	case outcomeNothing:
		return output, nil
	}
	p.Planned = new(tfjson.Plan)
	if err := p.show(p.Planned, PlanFile); err != nil {
		return output, err
	}
	return output, s.expect.checkPlan(p.Planned)
}

// Changes reports whether the step's plan is one to apply.
func (s *Step) Changes() bool { return s.expect.outcome == outcomeChanges }

// Refused reports whether the step's plan is refused; the step is undone then.
func (s *Step) Refused() bool { return s.expect.outcome == outcomeRefused }

// Apply applies what Plan has planned and checks the state.
func (p *Player) Apply(s *Step) (output string, err error) {
	code, output, err := p.Run("apply", "-no-color", "-input=false", PlanFile)
	if err != nil {
		return output, err
	}
	if code != 0 {
		return output, fmt.Errorf("the apply ended with exit code %d", code)
	}
	var state tfjson.State
	if err := p.show(&state); err != nil {
		return output, err
	}
	return output, errors.Join(s.expect.checkState(&state), p.checkLogins(s))
}

// checkLogins tries to log in with the accounts that the step names.
func (p *Player) checkLogins(s *Step) error {
	for _, account := range slices.Sorted(maps.Keys(s.expect.logins)) {
		is, err := p.Directory.Login(account)
		if err != nil {
			return err
		}
		if is != s.expect.logins[account] {
			return fmt.Errorf("the directory does the contrary of what was said of %s: a login is %s", account, loginWord(is))
		}
	}
	return nil
}

// Logins says in a line for each account that the step names what the directory says to
// it after the apply.
func (s *Step) Logins() []string {
	var out []string
	for _, account := range slices.Sorted(maps.Keys(s.expect.logins)) {
		out = append(out, fmt.Sprintf("The directory was asked: the login of %s is %s.", account, loginWord(s.expect.logins[account])))
	}
	return out
}

func loginWord(is bool) string {
	if is {
		return loginAccepted
	}
	return loginRefused
}

func (p *Player) show(into json.Unmarshaler, args ...string) error {
	code, output, err := p.Run(append([]string{"show", "-no-color", "-json"}, args...)...)
	if err != nil {
		return err
	}
	if code != 0 {
		return fmt.Errorf("show ended with exit code %d:\n%s", code, output)
	}
	return into.UnmarshalJSON([]byte(output))
}

// unframed joins the words of a text that the tool has wrapped.
func unframed(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\r\n│╷╵", r) }), " ")
}
