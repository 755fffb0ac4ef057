package delivery

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	webhook "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/signal"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// HTTP says how a receiver of requests is reached.
type HTTP struct {
	Name   string
	URL    string
	CAFile string
	Token  string // a bearer token; empty for none
	Clock  clock.Clock
}

// timeout bounds one attempt, and maxAnswer the answer to it, of which nothing is needed
// but its status.
const (
	timeout   = 15 * time.Second
	maxAnswer = 64 << 10
)

// client returns the client of a receiver. What was accepted twice has the same id, so
// a request may be sent again.
func (h *HTTP) client(secrets map[string]string) (*httpclient.Client, error) {
	c := httpclient.Config{
		System: h.Name, BaseURL: h.URL, CAFile: h.CAFile, Summary: summaryDeliver, Timeout: timeout, MaxWait: timeout, MaxBody: maxAnswer, Retries: 1,
		Clock: h.Clock, Secrets: secrets,
	}
	if h.Token != "" {
		c.Credentials = []httpclient.Credential{httpclient.Bearer(h.Token)}
	}
	return httpclient.New(c)
}

// slash reports whether the URL ends with a slash, which the client would leave out.
func (h *HTTP) slash() bool {
	u, err := url.Parse(h.URL)
	return err == nil && strings.HasSuffix(u.Path, "/") && u.Path != "/"
}

// CloudEvents delivers messages as CloudEvents in requests that are signed by the rules
// of Standard Webhooks.
type CloudEvents struct {
	http    HTTP
	client  *httpclient.Client
	source  string
	webhook *webhook.Webhook
	notices bool
}

// minSecret is the shortest secret of a webhook, in bytes: Standard Webhooks asks for
// 24 to 64.
const (
	minSecret = 24
	maxSecret = 64
)

// NewCloudEvents returns a receiver of CloudEvents: of notices, or of signals. Its
// error is a *system.ConfigError.
func NewCloudEvents(h HTTP, source, secret string, notices bool) (*CloudEvents, error) {
	c := &CloudEvents{http: h, source: source, notices: notices}
	var problems []system.Problem
	if source == "" {
		problems = append(problems, system.Problem{Attribute: "source", Message: "It is required: who tells, as a URI, for instance https://example.org/custody."})
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || len(key) < minSecret || len(key) > maxSecret {
		problems = append(problems, system.Problem{Attribute: "secret", Message: fmt.Sprintf(
			"It must be the base64 of %d to %d random bytes, with whsec_ in front or without, for instance from: openssl rand -base64 32.", minSecret, maxSecret)})
	} else if c.webhook, err = webhook.NewWebhookRaw(key); err != nil {
		return nil, err
	}
	c.client, err = h.client(map[string]string{"secret": secret})
	return c, joined(h.Name, problems, err)
}

// joined returns the problems of a configuration together with those of its client.
func joined(name string, problems []system.Problem, err error) error {
	if config, ok := err.(*system.ConfigError); ok { //nolint:errorlint // New returns it as it is
		problems, err = append(problems, config.Problems...), nil
	}
	if err != nil || len(problems) == 0 {
		return err
	}
	return &system.ConfigError{System: name, Problems: problems}
}

// Name names the destination.
func (c *CloudEvents) Name() string { return c.http.Name }

// Takes reports whether the kind is that of a notice, or of a signal.
func (c *CloudEvents) Takes(kind string) bool { return (kind == KindNotice) == c.notices }

// Deliver sends a message and expects a status between 200 and 299.
func (c *CloudEvents) Deliver(ctx context.Context, m *Message) error {
	body, err := signal.CloudEvent(m.envelope(c.source), m.Body)
	if err != nil {
		return defect(c.http.Name, err)
	}
	now := c.http.Clock.Now()
	signature, err := c.webhook.Sign(m.ID, now, body)
	if err != nil {
		return defect(c.http.Name, err)
	}
	r, err := c.client.Do(ctx, httpclient.Request{
		Method: http.MethodPost, TrailingSlash: c.http.slash(), Body: body, Reads: true,
		Header: http.Header{
			"Content-Type":                 {"application/cloudevents+json; charset=UTF-8"},
			webhook.HeaderWebhookID:        {m.ID},
			webhook.HeaderWebhookTimestamp: {strconv.FormatInt(now.Unix(), 10)},
			webhook.HeaderWebhookSignature: {signature},
		},
	})
	switch {
	case err != nil:
		return err
	case r.Status < 200 || r.Status > 299:
		return refused(c.http.Name, r.Status, "")
	}
	return nil
}

func (m *Message) envelope(source string) *signal.Envelope {
	return &signal.Envelope{ID: m.ID, Source: source, Kind: m.Kind, Subject: m.Subject, Run: m.Run, At: m.At}
}

// refused is the fault of a receiver that answered and did not accept. What it wrote is
// not shown, but for a code of a known list.
func refused(name string, status int, code string) error {
	f := &fault.Fault{
		Summary:  summaryDeliver,
		Happened: fmt.Sprintf("The receiver %q did not accept a message: it answered with status %d %s", name, status, http.StatusText(status)),
		Advice:   "Look at the receiver, and compare its settings with those of the provider block.",
	}
	f.Happened = strings.TrimSpace(f.Happened)
	if code != "" {
		f.Happened += " and " + code
	}
	f.Happened += "."
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		f.Kind = fault.ErrDenied
		f.Advice = "Check that the secret and the token are those that the receiver expects, and that the clock here is right."
	case status == http.StatusTooManyRequests || status >= http.StatusInternalServerError:
		f.Kind = fault.ErrUnavailable
		f.Advice = "Look at the receiver itself."
	}
	return f
}

// SSF delivers signals as security event tokens, by push (RFC 8935) of the Shared
// Signals Framework.
type SSF struct {
	http     HTTP
	client   *httpclient.Client
	issuer   string
	audience string
	key      *signal.Key
}

// NewSSF returns a receiver of security event tokens. Its error is a
// *system.ConfigError.
func NewSSF(h HTTP, issuer, audience, privateKey, keyID string) (*SSF, error) {
	s := &SSF{http: h, issuer: issuer, audience: audience}
	var problems []system.Problem
	if u, err := url.Parse(issuer); err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		problems = append(problems, system.Problem{Attribute: "issuer", Message: "It must be a URL that begins with https://, without a query: the issuer for which the receiver has set the stream up."})
	}
	if audience == "" {
		problems = append(problems, system.Problem{Attribute: "audience", Message: "It is required: the audience of the stream, as the receiver gives it."})
	}
	var err error
	if s.key, err = signal.ParseKey(privateKey, keyID); err != nil {
		problems = append(problems, system.Problem{Attribute: "private_key", Message: "It cannot be used: " + err.Error() + "."})
	}
	s.client, err = h.client(map[string]string{"private_key": privateKey})
	return s, joined(h.Name, problems, err)
}

// Name names the destination.
func (s *SSF) Name() string { return s.http.Name }

// Takes reports whether the kind is that of a signal.
func (s *SSF) Takes(kind string) bool { return kind != KindNotice }

// Deliver sends a signal and expects 202.
func (s *SSF) Deliver(ctx context.Context, m *Message) error {
	told, err := signal.Decode(m.Body)
	if err != nil {
		return defect(s.http.Name, err)
	}
	token, err := told.Token(m.envelope(s.issuer), s.audience, s.key)
	if err != nil {
		return defect(s.http.Name, err)
	}
	r, err := s.client.Do(ctx, httpclient.Request{
		Method: http.MethodPost, TrailingSlash: s.http.slash(), Body: []byte(token), Reads: true,
		Header: http.Header{"Content-Type": {"application/secevent+jwt"}},
	})
	switch {
	case err != nil:
		return err
	case r.Status != http.StatusAccepted:
		return refused(s.http.Name, r.Status, errorCode(r))
	}
	return nil
}

// errorCode returns the code with which a receiver refuses a token (RFC 8935); empty if
// it is none of the list.
func errorCode(r *httpclient.Response) string {
	known := []string{"invalid_request", "invalid_key", "invalid_issuer", "invalid_audience", "authentication_failed", "access_denied"}
	var body struct {
		Err string `json:"err"`
	}
	if r.Status != http.StatusBadRequest || r.JSON(&body) != nil || !slices.Contains(known, body.Err) {
		return ""
	}
	return body.Err
}
