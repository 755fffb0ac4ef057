package rest

import (
	"fmt"
	"net/http"

	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

const (
	adviceDescription = "Compare the description with what the system answers, or check that url names the API; then plan again."
	adviceRights      = "Give the account the right to see everything that it is asked for, without a filter on company, entity, organisation or group; then plan again."
	adviceTasks       = "Let the list ask for tasks that name an asset, and give the account the right to read what names it: a field that it may not read comes empty."
	adviceAgain       = "Plan again when the system is not being changed. If it happens again, the paging of the description does not fit the system."
	adviceKey         = "Give the private key that belongs to the account, in PEM, in the block of the system or its environment variable."
	advicePart        = "Say in the description how further pages are asked for (paging), or where the answer tells the number of all rows (total)."
	adviceEntry       = "Correct the entry in the system, or compare the description with how the system shows it; then plan again."
	adviceFilter      = "Do not rely on this look-up: ask for the id in a form that the system compares exactly, or correct the description."
)

// answer is a response whose body has been read.
type answer struct {
	response  *httpclient.Response
	variables map[string]any
}

// answer reads a response for the expressions of the description. The body of an
// unsuccessful one may be anything and is null then.
func (s *System) answer(c *httpclient.Client, r *httpclient.Response, id string) (*answer, error) {
	body, err := decode(r, s.entities)
	if err != nil {
		if success(r) {
			return nil, c.Malformed(r, err.Error())
		}
		body = nil
	}
	variables := s.variables(id)
	variables["status"], variables["body"] = int64(r.Status), body
	variables["header"], variables["links"] = headers(r.Header), links(r.Header)
	return &answer{response: r, variables: variables}, nil
}

func success(r *httpclient.Response) bool {
	return r.Status >= http.StatusOK && r.Status < http.StatusMultipleChoices
}

// failed returns the fault for an answer that is no answer: by its status, or
// because the description recognises an error in it.
func (s *System) failed(c *httpclient.Client, a *answer) error {
	if !success(a.response) {
		return c.Refused(a.response)
	}
	for _, f := range s.errors {
		is, err := f.when.bool(a.variables)
		if err != nil {
			return c.Malformed(a.response, err.Error())
		}
		if !is {
			continue
		}
		reason := fmt.Sprintf("its answer with status %d reports a failure", a.response.Status)
		if f.message != nil {
			if text, err := f.message.text(a.variables); err == nil && text != "" {
				reason += ": " + text
			}
		}
		return c.Malformed(a.response, reason)
	}
	return nil
}
