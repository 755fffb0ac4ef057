package servers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// refusal is the answer of a server that did not do what was asked.
type refusal struct {
	status int
	text   string
}

func (r *refusal) Error() string { return r.text }

// refusedWith reports whether err is an answer with the given status.
func refusedWith(err error, status int) bool {
	var r *refusal
	return errors.As(err, &r) && r.status == status
}

// call sends a request to a server that speaks JSON and reads its answer into
// into, unless that is nil. body is sent as a form if it is url.Values, and as
// JSON otherwise. An answer that refuses is an error.
func call(ctx context.Context, method, address, authorization string, body, into any) (http.Header, error) {
	var in io.Reader
	kind := ""
	switch body := body.(type) {
	case nil:
	case url.Values:
		in, kind = strings.NewReader(body.Encode()), "application/x-www-form-urlencoded"
	default:
		text, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		in, kind = bytes.NewReader(text), "application/json"
	}
	r, err := http.NewRequestWithContext(ctx, method, address, in)
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{"Authorization": authorization, "Content-Type": kind} {
		if value != "" {
			r.Header.Set(name, value)
		}
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return nil, err
	}
	if answer.StatusCode >= 300 {
		return nil, &refusal{answer.StatusCode, fmt.Sprintf("%s %s: %s: %s", method, address, answer.Status, text)}
	}
	if into != nil {
		err = json.Unmarshal(text, into)
	}
	return answer.Header, err
}
