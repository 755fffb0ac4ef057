package main

import (
	"encoding/json"
	"fmt"
	"io"
)

// reportFormat is the version of the report. A field may come; none goes or changes
// its meaning without another version.
const reportFormat = 1

// report is the summary for machines: schema/summary.schema.json.
type report struct {
	Format      int               `json:"format"`
	Input       string            `json:"input"` // plan or state
	Failed      bool              `json:"failed"`
	At          string            `json:"at"`
	Unread      []string          `json:"unread"`
	Held        []reportBinding   `json:"held"`
	Grants      map[string]int    `json:"grants"`  // by status, after the plan
	Classes     map[class]int     `json:"classes"` // of the grants that change
	Withdrawn   int               `json:"withdrawn"`
	Changes     []reportChange    `json:"changes"`
	Waiting     []reportWait      `json:"waiting"`
	DueIn7Days  []reportEvent     `json:"due_in_7_days"`
	DueIn30Days []reportEvent     `json:"due_in_30_days"`
	Exceptions  []reportException `json:"exceptions"`
	Others      []reportOther     `json:"others"`
}

type reportGrant struct {
	Address      string         `json:"address"`
	Asset        string         `json:"asset,omitempty"`
	AssetName    string         `json:"asset_name,omitempty"`
	Access       string         `json:"access,omitempty"`
	Holder       string         `json:"holder,omitempty"`
	HolderName   string         `json:"holder_name,omitempty"`
	Status       string         `json:"status,omitempty"`
	Would        string         `json:"would,omitempty"`
	NextChangeAt string         `json:"next_change_at,omitempty"`
	Reasons      []reportReason `json:"reasons,omitempty"`
}

type reportChange struct {
	reportGrant
	Class       class  `json:"class"`
	Before      string `json:"before,omitempty"` // the status
	Action      string `json:"action,omitempty"`
	Rotation    string `json:"rotation,omitempty"`
	Credentials string `json:"credentials,omitempty"`
	Facts       string `json:"facts,omitempty"`
}

type reportWait struct {
	reportGrant
	WaitsFor string         `json:"waits_for"`
	Asks     []reportPerson `json:"asks"`
	Since    string         `json:"since,omitempty"`
}

type reportPerson struct {
	Key  string `json:"key"`
	Name string `json:"name,omitempty"`
}

type reportEvent struct {
	reportGrant
	At    string   `json:"at"`
	Kinds []string `json:"kinds"`
}

type reportException struct {
	reportGrant
	Codes      []string     `json:"codes"`
	Reason     string       `json:"reason"`
	ApprovedBy reportPerson `json:"approved_by"`
	ExpiresAt  string       `json:"expires_at"`
}

type reportReason struct {
	Code     string   `json:"code,omitempty"`
	Message  string   `json:"message"`
	Controls []string `json:"controls,omitempty"`
}

type reportBinding struct {
	Address string `json:"address"`
	Asset   string `json:"asset,omitempty"`
}

type reportOther struct {
	Address string `json:"address"`
	Did     string `json:"did"`
}

// writeReport writes the summary as JSON.
func writeReport(w io.Writer, t *tally, o *options) error {
	r := report{
		Format: reportFormat, Input: "plan", Failed: t.failed, At: stamp(t.now), Grants: t.after, Classes: t.classes(), Withdrawn: t.withdrawn,
		Unread: append([]string{}, t.unread...), Held: []reportBinding{}, Changes: []reportChange{}, Waiting: []reportWait{},
		DueIn7Days: []reportEvent{}, DueIn30Days: []reportEvent{}, Exceptions: []reportException{}, Others: []reportOther{},
	}
	if t.state {
		r.Input = "state"
	}
	reporter{t, o}.fill(&r)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(&r)
}

// classes counts the grants that change by class.
func (t *tally) classes() map[class]int {
	out := map[class]int{}
	for _, e := range t.changed {
		out[e.class(t.now)]++
	}
	return out
}

type reporter struct {
	t *tally
	o *options
}

func (p reporter) fill(r *report) {
	for _, b := range p.t.held {
		r.Held = append(r.Held, reportBinding{b.address, b.asset})
	}
	for _, e := range p.t.changed {
		r.Changes = append(r.Changes, p.change(e))
	}
	for _, w := range p.t.waiting {
		asks := make([]reportPerson, len(w.asks))
		for i, key := range w.asks {
			asks[i] = p.person(key)
		}
		r.Waiting = append(r.Waiting, reportWait{p.grant(w.entry), w.kind, asks, w.since})
	}
	first := len(p.t.dueSoon())
	for i, v := range p.t.events {
		event := reportEvent{p.grant(v.entry), stamp(v.at), v.kinds}
		if i < first {
			r.DueIn7Days = append(r.DueIn7Days, event)
		}
		r.DueIn30Days = append(r.DueIn30Days, event)
	}
	for _, x := range p.t.exceptions {
		r.Exceptions = append(r.Exceptions, reportException{p.grant(x.entry), append([]string{}, x.Codes...), x.Reason, p.person(x.ApprovedBy), x.ExpiresAt})
	}
	for i := range p.t.others {
		r.Others = append(r.Others, reportOther{p.t.others[i].Address, did(&p.t.others[i])})
	}
}

func (p reporter) person(key string) reportPerson { return reportPerson{key, p.t.names[key]} }

func (p reporter) change(e entry) reportChange {
	c := reportChange{reportGrant: p.grant(e), Class: e.class(p.t.now), Credentials: e.credentials(), Facts: e.facts}
	if e.before != nil {
		c.Before = e.before.Status
	}
	if e.after != nil {
		c.Action, c.Rotation = e.after.memory.Action, e.after.memory.Rotation
	}
	return c
}

// grant returns a grant as it is after the plan, or was before one that destroys it.
func (p reporter) grant(e entry) reportGrant {
	out := reportGrant{
		Address: e.address, Asset: e.asset(), AssetName: p.t.names[e.asset()], Access: e.side().Access,
		Holder: e.holder(), HolderName: p.t.names[e.holder()],
	}
	if e.after == nil {
		return out
	}
	out.Status, out.Would, out.NextChangeAt = e.after.Status, e.after.Would, e.after.NextChangeAt
	for _, r := range e.after.reasons() {
		out.Reasons = append(out.Reasons, reportReason{r.Code, r.Message, e.controlsOf(r, p.o.frameworks)})
	}
	return out
}

type figure struct {
	name  string
	value any
}

// writeCounts writes the figures as lines that a shell, a dotenv report and the
// outputs of a job understand.
func writeCounts(w io.Writer, t *tally, o *options) error {
	lines := []figure{
		{"failed", t.failed},
		{"changes", len(t.changed)},
		{"class", worst(t.classes())},
		{"withdrawn", t.withdrawn},
		{"waiting", len(t.waiting)},
		{"due_in_7_days", len(t.dueSoon())},
		{"due_in_30_days", len(t.events)},
		{"exceptions", len(t.exceptions)},
		{"unread", len(t.unreadLines())},
		{"others", len(t.others)},
	}
	if o.words != nil {
		lines = append(lines, figure{"allowed", len(t.beyond(o.words)) == 0})
	}
	for _, line := range lines {
		if _, err := fmt.Fprintf(w, "%s=%v\n", line.name, line.value); err != nil {
			return err
		}
	}
	return nil
}
