package main

import (
	"encoding/json"
	"io"
)

// reportFormat is the version of the report. A field may come; none goes or changes
// its meaning without another version.
const reportFormat = 1

// report is the summary for machines: schema/summary.schema.json.
type report struct {
	Format      int            `json:"format"`
	Failed      bool           `json:"failed"`
	PlannedAt   string         `json:"planned_at,omitempty"`
	Grants      map[string]int `json:"grants"`  // by status, after the plan
	Classes     map[class]int  `json:"classes"` // of the grants that change
	Withdrawn   int            `json:"withdrawn"`
	Changes     []reportChange `json:"changes"`
	Waiting     []reportGrant  `json:"waiting"`
	DueIn7Days  []reportGrant  `json:"due_in_7_days"`
	DueIn30Days []reportGrant  `json:"due_in_30_days"`
	Others      []reportOther  `json:"others"`
}

type reportGrant struct {
	Address      string         `json:"address"`
	Asset        string         `json:"asset,omitempty"`
	Access       string         `json:"access,omitempty"`
	Holder       string         `json:"holder,omitempty"`
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
}

type reportReason struct {
	Code     string   `json:"code"`
	Message  string   `json:"message"`
	Controls []string `json:"controls,omitempty"`
}

type reportOther struct {
	Address string `json:"address"`
	Did     string `json:"did"`
}

// writeReport writes the summary as JSON.
func writeReport(w io.Writer, p *plan) error {
	r := report{
		Format: reportFormat, Failed: p.Errored, PlannedAt: p.Timestamp, Grants: map[string]int{}, Classes: map[class]int{},
		Changes: []reportChange{}, Waiting: []reportGrant{}, DueIn7Days: []reportGrant{}, DueIn30Days: []reportGrant{}, Others: []reportOther{},
	}
	if !p.Errored {
		t, err := count(p)
		if err != nil {
			return err
		}
		r.fill(p, t)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(&r)
}

func (r *report) fill(p *plan, t *tally) {
	r.Withdrawn, r.Grants = t.withdrawn, t.after
	for _, g := range t.changed {
		of := g.class(p.Timestamp)
		r.Classes[of]++
		c := reportChange{reportGrant: grantIn(g), Class: of}
		if g.before != nil {
			c.Before = g.before.Status
		}
		if g.after != nil {
			c.Action, c.Rotation = g.after.Action, g.after.Rotation
		}
		if text := g.credentials(); text != none {
			c.Credentials = text
		}
		r.Changes = append(r.Changes, c)
	}
	for _, g := range t.waiting {
		r.Waiting = append(r.Waiting, grantIn(g))
	}
	for _, g := range t.due(p.Timestamp, 7) {
		r.DueIn7Days = append(r.DueIn7Days, grantIn(g))
	}
	for _, g := range t.due(p.Timestamp, 30) {
		r.DueIn30Days = append(r.DueIn30Days, grantIn(g))
	}
	for i := range t.others {
		r.Others = append(r.Others, reportOther{t.others[i].Address, did(&t.others[i])})
	}
}

// grantIn returns a grant as it is after the plan, or was before one that destroys it.
func grantIn(g grantChange) reportGrant {
	out := reportGrant{Address: g.address}
	side := g.after
	if side == nil {
		side = g.before
	} else {
		out.Status, out.Would, out.NextChangeAt = side.Status, side.Would, side.NextChangeAt
		for _, r := range side.Reasons {
			out.Reasons = append(out.Reasons, reportReason(r))
		}
	}
	if side != nil {
		out.Asset, out.Access, out.Holder = side.Binding.Asset, side.Access, g.holder()
		if out.Holder == none {
			out.Holder = ""
		}
	}
	return out
}
