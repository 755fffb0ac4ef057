package rest

import (
	"strings"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// shippedQueues are the shipped systems that hold reviews.
func shippedQueues(f *testing.F) []*System {
	f.Helper()
	var all []*System
	for _, name := range shippedKinds(f) {
		if s := shippedSystem(f, name); s.reviews != nil {
			all = append(all, s)
		}
	}
	if len(all) < 5 {
		f.Fatalf("%d descriptions have reviews", len(all))
	}
	return all
}

// FuzzCase holds the shipped queues to what a server may answer for a case: it is read
// with an id and a status, as texts that can be shown, or not at all.
func FuzzCase(f *testing.F) {
	all := shippedQueues(f)
	for _, body := range []string{
		`{"sys_id": {"value": "00000000000000000000000000000009"}, "correlation_id": {"value": "custody"}, "state": {"value": "1"}, "active": {"value": "true"},
			"assigned_to.user_name": {"value": "ann\u202e"}, "due_date": {"value": "2030-06-30 22:00:00"}, "description": {"value": "Facts."},
			"opened_by": {"link": "https://h/api/now/table/sys_user/1\u0007"}, "sys_created_by": {"value": "asks"}, "sys_created_on": {"value": "2030-01-15 09:00:00"},
			"sys_updated_on": {"value": "2030-01-15 09:00:00"}}`,
		`{"sys_id": {"value": "1^ORsys_idISNOTEMPTY"}, "correlation_id": {"value": ""}, "state": {"value": ""}}`,
		`{"key": "REV-7", "self": "https://h/rest/api/2/issue/7", "fields": {"labels": ["custody"], "status": {"name": "Open", "statusCategory": {"key": "new"}}}}`,
		`{"number": 7, "iid": 7, "title": "x", "body": "x", "html_url": "https://h/7", "web_url": "https://h/7", "labels": [{"name": "access-confirmed"}],
			"state": "open", "assignees": [{"login": "ann"}], "user": {"login": "asks"}, "updated_at": "2030-01-15T09:00:00Z", "due_date": "2030-06-30T23:59:59Z"}`,
		`[]`, `null`, `{"number": {}, "labels": "x"}`,
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		item, err := decode(&httpclient.Response{Body: body}, false)
		if err != nil {
			return
		}
		for _, s := range all {
			r, _, err := s.reviewOf(s.reviews, item, "7")
			if err != nil {
				continue
			}
			if r.ID == "" || r.Status == "" {
				t.Errorf("%s: %s is read as %+v", s.Kind(), body, r)
			}
			for _, text := range []string{r.ID, r.Assignee, r.URL, r.Grant, r.Key} {
				if !systemtest.Presentable(text) {
					t.Errorf("%s: %q could change how a plan reads", s.Kind(), text)
				}
			}
			if strings.ContainsAny(r.ID, "^\x00") && s.Kind() == "servicenow" {
				t.Errorf("%q is the id of a case", r.ID)
			}
		}
	})
}

// FuzzReviewer asks each shipped queue for a reviewer of any name: the name is a value of
// its own in what is sent, or it is one that ends no query in which it stands.
func FuzzReviewer(f *testing.F) {
	all := shippedQueues(f)
	for _, name := range []string{
		"ann", `CORP\ann`, "o'brien", "ann@example.org", "Åsa Öberg", "ann^ORactive=true", "javascript:gs.getUserID()", "ann^NQactive=true", "=x", "a,b", "a\nb", "{id}", "&a=b", " ",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		for _, s := range all {
			safe := true
			if s.reviews.askable != nil {
				var err error
				if safe, err = s.reviews.askable.bool(s.variables(name)); err != nil {
					t.Fatal(err)
				}
			}
			if !safe {
				continue
			}
			for parameter, values := range s.reviews.known.query {
				for _, v := range values {
					inside := len(v.parts) > 1 && (v.parts[0] != "" || v.parts[len(v.parts)-1] != "")
					if inside && (strings.ContainsAny(name, "^=\x00\r\n:,{}\"") || strings.TrimSpace(name) == "") {
						t.Errorf("%s: %q is more than a value in %s", s.Kind(), name, parameter)
					}
				}
			}
		}
	})
}
