// Package httpclient is the HTTP client of every kind of system that speaks
// HTTP. It holds the rules that every kind must follow: a token is never sent
// to another host or shown in a message, a body that was cut short is an error,
// and a failure makes the system unavailable, never a record absent.
package httpclient

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/system/redact"
)

// The defaults of the configuration.
const (
	DefaultTimeout = 30 * time.Second
	DefaultMaxWait = 2 * time.Minute
	DefaultMaxBody = 32 << 20
	DefaultRetries = 3
	DefaultSummary = "Unable to Read Asset Records"
)

// Config says how a system is reached.
type Config struct {
	System  string // the name of the system, for messages
	BaseURL string // all requests are below it
	// AllowHTTP lets a URL be http:// for a host other than this machine. Then
	// anyone on the network path can read the credentials.
	AllowHTTP bool
	CAFile    string // a PEM file of the only authorities to trust; those of the machine if empty

	Credentials []Credential
	// Secrets are credentials that requests carry elsewhere than in a header, by
	// the attribute that they come from. They are kept out of messages.
	Secrets map[string]string
	// Hide are further texts that no message may show.
	Hide []string
	// Login fetches credentials that live for a session: it is called before the
	// first request, and once more for a request that is answered with 401.
	// Its errors are returned as they are.
	Login   func(ctx context.Context) ([]Credential, error)
	Header  http.Header // sent with every request; Accept is application/json by default
	Summary string      // the summary of every fault; DefaultSummary if empty

	Timeout           time.Duration // of one attempt, its body included
	Retries           int           // attempts after the first; negative for none
	MaxWait           time.Duration // the longest Retry-After that is obeyed, by all requests
	MaxBody           int64         // the largest body that is read, in bytes
	RequestsPerMinute int           // the budget; zero for none

	// For tests. The clock is read for a Retry-After, and to stop a list that takes
	// too long.
	Clock clock.Clock
	Wait  func(ctx context.Context, d time.Duration) error
}

// Client sends requests to one system. It is safe for concurrent use.
type Client struct {
	config  Config
	base    *url.URL
	http    *http.Client
	limiter *rate.Limiter
	gate    *gate
	secrets *redact.Secrets
	session *session
}

// Request is one request.
type Request struct {
	Method string // GET if empty
	// Path holds the segments of the path below the base URL, not escaped. None may
	// be empty, "." or "..".
	Path          []string
	TrailingSlash bool
	Query         url.Values
	Header        http.Header
	// Body is sent as JSON, unless it is a url.Values, which is sent as a form, or a
	// []byte, which is sent as it is.
	Body any
	// Reads says that a request which is not a GET changes nothing either, and
	// may be sent again.
	Reads bool
}

// Response is an answer whose body was read to its end.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
	url    *url.URL
}

// New checks the configuration and returns a client. It connects to nothing. Its
// error is a *system.ConfigError.
func New(c Config) (*Client, error) {
	if c.Summary == "" {
		c.Summary = DefaultSummary
	}
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	if c.MaxWait <= 0 {
		c.MaxWait = DefaultMaxWait
	}
	if c.MaxBody <= 0 {
		c.MaxBody = DefaultMaxBody
	}
	if c.Retries == 0 {
		c.Retries = DefaultRetries
	}
	if c.Clock == nil {
		c.Clock = clock.System{}
	}
	if c.Wait == nil {
		c.Wait = wait
	}
	client := &Client{config: c, limiter: newLimiter(c.RequestsPerMinute), gate: &gate{}, secrets: &redact.Secrets{}}
	hide(client.secrets, c.Credentials)
	client.secrets.Add(slices.Collect(maps.Values(c.Secrets))...)
	client.secrets.Add(c.Hide...)
	if c.Login != nil {
		client.session = &session{login: c.Login, secrets: client.secrets}
	}
	if err := client.configure(); err != nil {
		return nil, err
	}
	return client, nil
}

// For returns a client that reports faults under another summary and is the same
// otherwise: it shares the budget and the connections.
func (c *Client) For(summary string) *Client {
	other := *c
	other.config.Summary = summary
	return &other
}

// Hide keeps more secrets out of messages, for instance one that a request carries in
// its body.
func (c *Client) Hide(secrets ...string) { c.secrets.Add(secrets...) }

// Get reads the resource at the path. An answer with any status is an answer;
// the error is a *fault.Fault of kind fault.ErrUnavailable, or that of a context
// that ended.
func (c *Client) Get(ctx context.Context, path []string, query url.Values) (*Response, error) {
	return c.Do(ctx, Request{Path: path, Query: query})
}

// PostJSON sends a body as JSON. It is sent only once, because it may have had
// its effect although no answer came.
func (c *Client) PostJSON(ctx context.Context, path []string, query url.Values, body any) (*Response, error) {
	return c.Do(ctx, Request{Method: http.MethodPost, Path: path, Query: query, Body: body})
}

// Do sends a request as Get does.
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	u, err := c.locate(r)
	if err != nil {
		return nil, err
	}
	return c.send(ctx, u, r)
}

// Follow reads the target of a link in the answer from, for instance the next
// page. A link to another host is an error, and nothing is sent there.
func (c *Client) Follow(ctx context.Context, from *Response, link string) (*Response, error) {
	u, err := c.resolve(from, link)
	if err != nil {
		return nil, err
	}
	return c.send(ctx, u, Request{})
}

// newLimiter allows fewer than n requests in any period of a minute: the size
// of a burst is subtracted from the steady rate.
func newLimiter(n int) *rate.Limiter {
	if n <= 0 {
		return nil
	}
	burst := max(1, n/4)
	return rate.NewLimiter(rate.Limit(float64(max(1, n-burst))/60), burst)
}

func wait(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
