package register

import (
	"context"
	"fmt"
	"time"
)

// Result says how an act ended.
type Result string

// How an act can end.
const (
	Done      Result = "done"      // it was carried out, and read back
	Failed    Result = "failed"    // not all of it was carried out; the detail says what was
	Abandoned Result = "abandoned" // it was interrupted, and not all of it was carried out
)

// Act is something that custody does outside of Terraform's state: its intent is
// recorded before it is done, its outcome after that. One without an outcome is
// under way or was interrupted.
type Act struct {
	Workspace string
	Sequence  int64  // of the event that records the intent; it identifies the act
	Name      string // the same for the same act in a later run
	Target    string // the system that is acted on
	Subject   string // what is acted on there
	Action    string // what is done to it
	Detail    string // a JSON text with everything else; {} if empty
	Run       string // the run that began it
	BeganAt   time.Time
	Result    Result // empty while it has none
	EndedAt   time.Time
}

const actColumns = "workspace, sequence, name, target, subject, action, detail, run, began_at, result, ended_at"

func (a *Act) columns() []any {
	return []any{&a.Workspace, &a.Sequence, &a.Name, &a.Target, &a.Subject, &a.Action, &a.Detail, &a.Run, (*stamp)(&a.BeganAt), &a.Result, (*stamp)(&a.EndedAt)}
}

// UnfinishedActs returns the acts of a workspace without an outcome, in the order
// in which they began.
func (r *Register) UnfinishedActs(ctx context.Context, workspace string) ([]Act, error) {
	return list(ctx, r, (*Act).columns, "SELECT "+actColumns+" FROM custody_acts WHERE workspace = $1 AND ended_at = '' ORDER BY sequence", workspace)
}

// BeginAct records the intent of an act, with its event. If one of that name has
// no outcome yet, it is returned instead and began is false: it is still under way
// in its run, or was interrupted.
func (t *Tx) BeginAct(a Act) (act Act, began bool, err error) {
	if a.Detail == "" {
		a.Detail = "{}"
	}
	if a.Detail, err = Canonical(a.Detail); err != nil {
		return Act{}, false, fmt.Errorf("detail of the act %.40q: %w", a.Name, err)
	}
	for what, text := range map[string]string{"name": a.Name, "target": a.Target, "subject": a.Subject, "action": a.Action} {
		if err := checkName(what+" of the act", text, false); err != nil {
			return Act{}, false, err
		}
	}
	var there Act
	found, err := t.get("SELECT "+actColumns+" FROM custody_acts WHERE workspace = $1 AND name = $2 AND ended_at = ''",
		[]any{t.run.Workspace, a.Name}, there.columns()...)
	if err != nil || found {
		return there, false, err
	}
	a.Workspace, a.Run, a.BeganAt, a.Result, a.EndedAt = t.run.Workspace, t.run.ID, t.run.At.UTC(), "", time.Time{}
	e, err := t.Append(Draft{Kind: KindIntent, Subject: a.Subject, Body: a.body("detail", a.Detail)})
	if err != nil {
		return Act{}, false, err
	}
	a.Sequence = e.Sequence
	_, err = t.change("INSERT INTO custody_acts ("+actColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '')",
		a.Workspace, a.Sequence, a.Name, a.Target, a.Subject, a.Action, a.Detail, a.Run, stamp(a.BeganAt))
	return a, err == nil, err
}

// FinishAct records the outcome of an act of the run's workspace, with its event.
// The detail is a JSON text that says what was read back. It reports whether the
// act had no outcome before: if two runs finish it, only the first is recorded.
func (t *Tx) FinishAct(sequence int64, result Result, detail string) (bool, error) {
	switch result {
	case Done, Failed, Abandoned:
	default:
		return false, fmt.Errorf("%.40q is not the result of an act; use done, failed or abandoned", result)
	}
	if detail == "" {
		detail = "{}"
	}
	detail, err := Canonical(detail)
	if err != nil {
		return false, fmt.Errorf("detail of the result %s: %w", result, err)
	}
	var a Act
	found, err := t.get("UPDATE custody_acts SET result = $1, ended_at = $2 WHERE workspace = $3 AND sequence = $4 AND ended_at = '' RETURNING "+actColumns,
		[]any{string(result), stamp(t.run.At), t.run.Workspace, sequence}, a.columns()...)
	if err != nil || !found {
		return false, err
	}
	t.changed = true
	_, err = t.Append(Draft{Kind: KindOutcome, Subject: a.Subject, Body: a.body("outcome", detail)})
	return err == nil, err
}

// body returns the body of the event of an act.
func (a *Act) body(key, detail string) string {
	var out object
	out.text("name", a.Name)
	out.text("target", a.Target)
	out.text("action", a.Action)
	if a.Result != "" {
		out.integer("intent", a.Sequence)
		out.text("result", string(a.Result))
	}
	out.json(key, detail)
	return out.String()
}
