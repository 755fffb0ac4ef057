package record

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/effect"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/register"
)

// Recorder returns what acts record in; nil for a run without a register.
func (r *Run) Recorder() effect.Recorder {
	if r == nil {
		return nil
	}
	return recorder{r}
}

// recorder keeps intents and outcomes in the register.
type recorder struct{ run *Run }

// object names the object of an act in the register.
func object(system, name string) string { return system + "/" + name }

// intent is the detail of an act: what the register has no column for.
type intent struct {
	Because string   `json:"because,omitempty"`
	Steps   []string `json:"steps"`
}

// outcome is the detail of how an act ended.
type outcome struct {
	Steps       map[string]effect.StepOutcome `json:"steps"`
	Interrupted bool                          `json:"interrupted,omitempty"`
	Error       string                        `json:"error,omitempty"`
}

// longestText is how much of a text is recorded, in bytes.
const longestText = 4 << 10

func detail(v any) (string, error) {
	text, err := json.Marshal(v)
	return string(text), err
}

// Open returns the acts on an object that this workspace has begun and not ended.
func (r recorder) Open(ctx context.Context, system, name string) ([]effect.Intent, error) {
	found, err := r.run.Open(ctx)
	if err != nil {
		return nil, err
	}
	acts, err := found.UnfinishedActs(ctx, r.run.of.Workspace)
	if err != nil {
		return nil, err
	}
	var out []effect.Intent
	for _, a := range acts {
		if a.Target != system || a.Subject != name {
			continue
		}
		var d intent
		if err := json.Unmarshal([]byte(a.Detail), &d); err != nil {
			return nil, fmt.Errorf("the intent of event %d cannot be read: %w", a.Sequence, err)
		}
		out = append(out, effect.Intent{ID: r.remember(a), System: a.Target, Object: a.Subject, Steps: d.Steps, Because: d.Because})
	}
	return out, nil
}

// remember keeps an act, so that its outcome can be recorded a second time.
func (r recorder) remember(a register.Act) string {
	id := strconv.FormatInt(a.Sequence, 10)
	r.run.acts.Store(id, a)
	return id
}

// Intend records an intent. It is refused while another run is acting on the object.
func (r recorder) Intend(ctx context.Context, i effect.Intent) (string, error) {
	text, err := detail(intent{Because: cut(i.Because), Steps: i.Steps})
	if err != nil {
		return "", err
	}
	var act register.Act
	err = r.run.Write(ctx, func(tx *register.Tx) error {
		var began bool
		act, began, err = tx.BeginAct(register.Act{
			Name: object(i.System, i.Object), Target: i.System, Subject: i.Object, Action: strings.Join(i.Steps, ", "), Detail: text,
		})
		if err == nil && !began {
			return &fault.Fault{
				Summary:  "Another Run Is Acting",
				Happened: fmt.Sprintf("The run %.40q has begun to change %q in the system %q at %s and has not ended.", act.Run, i.Object, i.System, act.BeganAt.Format("2006-01-02T15:04:05Z")),
				Advice:   "Wait until that run has ended, then apply again.",
			}
		}
		return err
	})
	if err != nil {
		return "", err
	}
	return r.remember(act), nil
}

// Conclude records an outcome. The second outcome of one act is an event beside the
// first.
func (r recorder) Conclude(ctx context.Context, id string, o effect.Outcome) error {
	known, ok := r.run.acts.Load(id)
	act, isAct := known.(register.Act)
	if !ok || !isAct {
		return fmt.Errorf("no act with the id %.40q was begun or found by this run", id)
	}
	text, err := detail(outcome{Steps: o.Steps, Interrupted: o.Interrupted, Error: cut(o.Error)})
	if err != nil {
		return err
	}
	return r.run.Write(ctx, func(tx *register.Tx) error {
		first, err := tx.FinishAct(act.Sequence, resultOf(o), text)
		if err == nil && first && r.run.OnOutcome != nil {
			err = r.run.OnOutcome(tx, act, o)
		}
		if err != nil || first {
			return err
		}
		_, err = tx.Append(register.Draft{
			Kind: register.KindOutcome, Subject: act.Subject,
			Body: fmt.Sprintf(`{"again": true, "intent": %d, "outcome": %s, "result": %q}`, act.Sequence, text, resultOf(o)),
		})
		return err
	})
}

// resultOf sums an outcome up.
func resultOf(o effect.Outcome) register.Result {
	for _, v := range o.Steps {
		switch {
		case v == effect.Done:
		case o.Interrupted:
			return register.Abandoned
		default:
			return register.Failed
		}
	}
	return register.Done
}

func cut(text string) string {
	if len(text) > longestText {
		return strings.ToValidUTF8(text[:longestText], "") + " …"
	}
	return text
}

// Interrupted reports whether an earlier run has begun to change an object and has
// not said how that ended. The register is asked once a run.
func (r *Run) Interrupted(ctx context.Context, system, name string) (bool, error) {
	if r == nil {
		return false, nil
	}
	found, err := r.Open(ctx)
	if err != nil {
		return false, Unrecorded(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.unfinished == nil {
		acts, err := found.UnfinishedActs(ctx, r.of.Workspace)
		if err != nil {
			return false, Unrecorded(err)
		}
		r.unfinished = make(map[string]bool, len(acts))
		for _, a := range acts {
			r.unfinished[object(a.Target, a.Subject)] = true
		}
	}
	return r.unfinished[object(system, name)], nil
}

// underWay is how long another run may take for one act. What was begun longer ago, and
// has no outcome, was interrupted.
const underWay = 15 * time.Minute

// Left returns the objects of a system on which other runs have begun to act and no longer
// do, without having said how that ended. It is for objects whose names no later run knows.
func (r *Run) Left(ctx context.Context, system string) ([]string, error) {
	if r == nil {
		return nil, nil
	}
	found, err := r.Open(ctx)
	if err != nil {
		return nil, Unrecorded(err)
	}
	acts, err := found.UnfinishedActs(ctx, r.of.Workspace)
	if err != nil {
		return nil, Unrecorded(err)
	}
	var names []string
	for _, a := range acts {
		if a.Target == system && a.Run != r.of.ID && a.BeganAt.Before(r.clock.Now().Add(-underWay)) && !slices.Contains(names, a.Subject) {
			names = append(names, a.Subject)
		}
	}
	return names, nil
}
