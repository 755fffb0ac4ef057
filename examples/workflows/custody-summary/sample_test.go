package main

import (
	"encoding/json"
	"maps"
	"testing"
)

// The parts of a grant that a sample states.
type (
	object = map[string]any
	side   struct {
		status, would string
		because       []string
		generations   object
		facts, memory object
	}
)

// people and assets of the samples.
var sampleNames = object{
	"hr/E-1012": "Daniel Osei", "hr/E-1007": "Grace Kim", "hr/E-1020": "Amara Nwosu", "hr/E-1031": "Jonas Weber", "hr/E-1002": "Ruth Alvarez", "hr/X-204": "Priya Nair",
}

// factsOf returns facts of an asset, with what a sample states beyond them.
func factsOf(asset, name, boundTo, holder string, more object) object {
	f := object{"asset": asset, "name": name, "bound_to": boundTo, "holder": holder, "owner_status": "active", "names": sampleNames, "class": "application", "digest": "0123456789abcdef"}
	maps.Copy(f, more)
	return f
}

// attribute writes an object as the provider does: as JSON text that begins with a
// space.
func attribute(t testing.TB, o object) string {
	t.Helper()
	if o == nil {
		return ""
	}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return " " + string(text)
}

// values returns the attributes of a grant.
func (s *side) values(t testing.TB, access string) object {
	t.Helper()
	if s == nil {
		return nil
	}
	o := object{
		"access": access, "status": s.status, "active": len(s.generations) > 0, "because": s.because, "generations": s.generations,
		"revoke_generations": nil, "would": nil, "holder": s.memory["holder"], "next_change_at": s.memory["next_change_at"],
	}
	memory := maps.Clone(s.memory)
	delete(memory, "holder")
	delete(memory, "next_change_at")
	o["binding"] = object{"facts": attribute(t, s.facts), "memory": attribute(t, memory)}
	if s.would != "" {
		o["would"] = s.would
	}
	return o
}

// changeOf returns a change of a plan.
func changeOf(address, kind string, before, after any, actions ...string) object {
	return object{"address": address, "mode": "managed", "type": kind, "change": object{"actions": actions, "before": before, "after": after}}
}

// grantOf returns the change of a grant; nil sides do not exist.
func grantOf(t testing.TB, address string, before, after *side) object {
	t.Helper()
	action := "update"
	var was, is any
	if before != nil {
		was = before.values(t, address)
	}
	if after != nil {
		is = after.values(t, address)
	}
	switch {
	case before == nil:
		action = "create"
	case after == nil:
		action = "delete"
	case before == after:
		action = "no-op"
	}
	return changeOf("custody_grant."+address, "custody_grant", was, is, action)
}

// key returns a generation.
func key(enabled bool, expires, holder string) object {
	return object{"enabled": enabled, "expires_at": expires, "holder": holder}
}

// samplePlan is a plan in which there is something of everything.
func samplePlan(t testing.TB) string {
	t.Helper()
	var changes []object
	for _, part := range [][]object{sampleLeaver(t), sampleOthers(t), sampleStanding(t)} {
		changes = append(changes, part...)
	}
	plan, err := json.Marshal(object{
		"format_version": "1.2", "terraform_version": "1.11.4", "timestamp": "2030-01-15T09:00:00Z",
		"resource_changes": changes, "resource_drift": sampleDrift(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(plan)
}

// sampleLeaver is somebody who has left, with a laptop and an application.
func sampleLeaver(t testing.TB) []object {
	t.Helper()
	const who, ends = "hr/E-1012", "2030-03-01T00:00:00Z"
	left := object{"owner_status": "left", "successor": "hr/E-1007", "manager": "E-1002", "lifecycle_owner": "team:platform", "findings": object{"owner.left": "The owner has left."}}
	laptop, billing := factsOf("itam/LT-0042", "MacBook 42", "person", who, nil), factsOf("cmdb/APP-0042", "Billing", "workload", who, nil)
	memory := object{"action": "keep", "serial": 1, "holder": who, "next_change_at": "2030-02-10T00:00:00Z"}
	review := func(codeText string) []string {
		return []string{"owner.left on Billing (cmdb/APP-0042): The owner Daniel Osei (hr/E-1012) has left. Action: review, rotate overlap: a new credential first, then the old one goes; " + codeText +
			" once the grant has asked for review for 30d without an answer, on 2030-02-14. Assign the asset to a new owner. Proposed owner: Grace Kim (hr/E-1007)."}
	}
	after := func(facts object, more, next string) *side {
		return &side{status: "review", because: review(more), facts: facts,
			generations: object{"g1": key(true, "2030-01-20T09:00:00Z", who), "g2": key(true, "2030-02-14T09:00:00Z", who)},
			memory: object{"action": "review", "rotation": "overlap", "serial": 2, "holder": who, "next_change_at": next, "retiring": []string{"g1"},
				"review": object{"since": "2030-01-15T09:00:00Z"}, "conditions": object{"owner.left": "2030-01-15T09:00:00Z"}}}
	}
	active := func(facts object) *side {
		return &side{status: "active", generations: object{"g1": key(true, ends, who)}, facts: facts, memory: memory}
	}
	gone := maps.Clone(left)
	laptopLeft, billingLeft := factsOf("itam/LT-0042", "MacBook 42", "person", who, gone), factsOf("cmdb/APP-0042", "Billing", "workload", who, gone)
	revoked := &side{status: "revoked", generations: object{}, facts: laptopLeft, memory: object{"action": "revoke", "serial": 1, "holder": who},
		because: []string{"owner.left on MacBook 42 (itam/LT-0042): The owner Daniel Osei (hr/E-1012) has left. Action: revoke. If this is wrong, correct the directory and attest."}}
	return []object{
		grantOf(t, `vpn["daniel"]`, active(laptop), revoked),
		grantOf(t, `key["billing-admin"]`, active(billing), after(billingLeft, "block", "2030-01-20T09:00:00Z")),
		grantOf(t, `key["billing-export"]`, active(billing), after(billingLeft, "lapse", "2030-01-20T09:00:00Z")),
		changeOf(`aws_iam_access_key.this["billing-admin/g2"]`, "aws_iam_access_key", nil, object{}, "create"),
		changeOf(`aws_iam_access_key.this["billing-export/g2"]`, "aws_iam_access_key", nil, object{}, "create"),
		changeOf(`terraform_data.vpn["daniel/g1"]`, "terraform_data", object{}, nil, "delete"),
	}
}

// sampleOthers are changes of the other classes.
func sampleOthers(t testing.TB) []object {
	t.Helper()
	const amara, jonas = "hr/E-1020", "hr/E-1031"
	ledger, wiki := factsOf("cmdb/APP-0043", "Ledger", "workload", amara, nil), factsOf("cmdb/APP-0050", "Wiki", "workload", jonas, nil)
	memory := func(next string) object { return object{"action": "keep", "serial": 1, "next_change_at": next} }
	blocked := factsOf("cmdb/APP-0043", "Ledger", "workload", amara, object{"task_kinds": []string{"decommission"}, "manager": "E-1002"})
	passed := factsOf("itam/LT-0007", "ThinkPad 7", "person", amara, nil)
	return []object{
		grantOf(t, `key["ledger-sync"]`,
			&side{status: "active", generations: object{"g1": key(true, "2030-04-01T00:00:00Z", amara)}, facts: ledger, memory: memory("2030-03-01T00:00:00Z")},
			&side{status: "blocked", generations: object{}, facts: blocked, memory: object{"action": "block", "serial": 1, "holder": amara, "next_change_at": "2030-07-14T09:00:00Z", "conditions": object{"task.overdue": "2030-01-12T09:00:00Z"}},
				because: []string{`task.overdue on Ledger (cmdb/APP-0043): Overdue against Ledger (cmdb/APP-0043): decommission task "T-1". Action: block. Close the task.`}}),
		grantOf(t, `key["wiki-backup"]`, nil,
			&side{status: "active", generations: object{"g1": key(true, "2030-04-15T09:00:00Z", jonas)}, facts: wiki, memory: memory("2030-03-16T09:00:00Z")}),
		grantOf(t, `vpn["thinkpad-7"]`,
			&side{status: "active", generations: object{"g1": key(true, "2030-04-01T00:00:00Z", jonas)}, facts: factsOf("itam/LT-0007", "ThinkPad 7", "person", jonas, nil), memory: object{"serial": 1, "holder": jonas, "next_change_at": "2030-03-01T00:00:00Z"}},
			&side{status: "active", generations: object{"g2": key(true, "2030-04-15T09:00:00Z", amara)}, facts: passed, memory: object{"action": "keep", "rotation": "now", "serial": 2, "holder": amara, "next_change_at": "2030-03-16T00:00:00Z"},
				because: []string{"asset.reassigned on ThinkPad 7 (itam/LT-0007): ThinkPad 7 (itam/LT-0007) has passed from Jonas Weber (hr/E-1031) to Amara Nwosu (hr/E-1020). Action: keep, rotate now: the old credential goes at once. If this is wrong, correct the assignment."}}),
	}
}

// sampleStanding are grants that the plan leaves as they are.
func sampleStanding(t testing.TB) []object {
	t.Helper()
	const grace, priya = "hr/E-1007", "hr/X-204"
	stays := func(address string, s *side) object { return grantOf(t, address, s, s) }
	gateway := factsOf("cmdb/SRV-0019", "Gateway", "workload", grace, object{"held": true})
	return []object{
		stays(`key["search-index"]`, &side{status: "active", generations: object{"g3": key(true, "2030-03-05T00:00:00Z", grace)}, facts: factsOf("cmdb/APP-0061", "Search", "workload", grace, object{"manager": "E-1002"}),
			memory:  object{"action": "recertify", "holder": grace, "next_change_at": "2030-02-04T06:00:00Z", "conditions": object{"grant.recertification_due": "2030-01-08T03:17:00Z"}},
			because: []string{"grant.recertification_due on Search (cmdb/APP-0061): Grace Kim (hr/E-1007) last had Search (cmdb/APP-0061) certified 180 days before it was due. Action: recertify. Attest that the access is still justified."}}),
		stays(`vpn["priya"]`, &side{status: "lapsing", generations: object{"g1": key(true, "2030-01-31T23:00:00Z", priya)}, facts: factsOf("itam/LT-0101", "Contractor laptop 3", "person", priya, object{"owner_end_date": "2030-01-31T23:00:00Z", "manager": "E-1007"}),
			memory:  object{"action": "lapse", "holder": priya, "next_change_at": "2030-01-31T23:00:00Z", "conditions": object{"owner.leaving": "2030-01-01T03:17:00Z"}},
			because: []string{"owner.leaving on Contractor laptop 3 (itam/LT-0101): The last day of Priya Nair (hr/X-204) is 2030-01-31. Action: lapse. Correct the end date if the contract goes on."}}),
		stays(`key["gateway-tls"]`, &side{status: "active", generations: object{"g1": key(true, "2030-05-01T00:00:00Z", grace)}, facts: gateway,
			memory: object{"action": "keep", "holder": grace, "next_change_at": "2030-01-28T00:00:00Z",
				"exception": object{"codes": []string{"record.stale"}, "reason": "The scanner is being replaced", "approved_by": "hr/E-1002", "starts_at": "2029-12-01T00:00:00Z", "expires_at": "2030-01-28T00:00:00Z"}}}),
		stays(`key["report-mailer"]`, &side{status: "active", would: "review", generations: object{"g1": key(true, "", "hr/E-1031")}, facts: factsOf("cmdb/APP-0077", "Report mailer", "workload", "hr/E-1031", object{"retirement_date": "2030-02-13T00:00:00Z"}),
			memory:  object{"action": "review", "holder": "hr/E-1031", "enforce_from": "2030-02-01T00:00:00Z", "next_change_at": "2030-02-01T00:00:00Z"},
			because: []string{"record.stale on Report mailer (cmdb/APP-0077): The record of Report mailer (cmdb/APP-0077) has not been verified. Action: review. Verify the record."}}),
	}
}

// sampleDrift are bindings on held facts, and one that moved.
func sampleDrift() []object {
	var out []object
	for _, asset := range []string{"cmdb/SRV-0019", "cmdb/SRV-0020"} {
		out = append(out, changeOf("custody_binding.this[\""+asset+"\"]", "custody_binding",
			object{"asset": asset, "holder": "hr/E-1007", "held": false}, object{"asset": asset, "holder": "hr/E-1007", "held": true}, "update"))
	}
	return append(out, changeOf(`custody_binding.this["cmdb/SRV-0033"]`, "custody_binding",
		object{"asset": "cmdb/SRV-0033", "name": "Build server", "holder": "hr/E-1031", "held": false},
		object{"asset": "cmdb/SRV-0033", "name": "Build server", "holder": "hr/E-1007", "held": false}, "update"))
}

// sampleLog is what the command line tool printed when it planned.
const sampleLog = `
Warning: System Unavailable, Last Known Facts Kept

  with custody_binding.this["cmdb/SRV-0019"],
  on main.tf line 32, in resource "custody_binding" "this":
  32:   asset    = each.key

The system "cmdb" at https://cmdb.example.org did not answer within 30s, 4
times in a row.

Nothing was issued and nothing was revoked.

(and one more similar warning elsewhere)
`

// sampleState is the state of the grants that the sample leaves as they are, some of
// them in a module.
func sampleState(t testing.TB) string {
	t.Helper()
	resources := func(changes []object) (out []object) {
		for _, c := range changes {
			out = append(out, object{"address": c["address"], "mode": c["mode"], "type": c["type"], "values": c["change"].(object)["after"]})
		}
		return out
	}
	standing := resources(sampleStanding(t))
	state, err := json.Marshal(object{"format_version": "1.0", "terraform_version": "1.11.4", "values": object{"root_module": object{
		"resources":     standing[:2],
		"child_modules": []object{{"address": "module.a", "resources": standing[2:], "child_modules": []object{{"resources": resources(sampleDrift())}}}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return string(state)
}

// fuzzedPlan is a plan with a text in every place that can hold one from outside.
func fuzzedPlan(t testing.TB, s string) string {
	t.Helper()
	f := factsOf("cmdb/a", "n"+s, "workload", "hr/e", object{"names": object{"hr/e": "n" + s}, "manager": "m" + s})
	g := &side{
		status: "review", because: []string{"owner.left: m" + s}, facts: f, generations: object{"g1": key(true, "2030-01-20T00:00:00Z", "hr/e")},
		memory: object{"holder": "hr/e", "next_change_at": "2030-01-20T00:00:00Z", "exception": object{"codes": []string{"c" + s}, "reason": "r" + s, "approved_by": "a" + s, "expires_at": "2030-01-21T00:00:00Z"}},
	}
	plan, err := json.Marshal(object{
		"format_version": "1.2", "timestamp": "2030-01-15T09:00:00Z",
		"resource_changes": []object{grantOf(t, "x"+s, nil, g), changeOf("y"+s, "z", nil, object{}, "create")},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(plan)
}
