package httpclient

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/go-retryablehttp"
)

// errTooLarge is the error of a body that was not read to its end.
var errTooLarge = errors.New("the answer is too large")

// send sends a request, and once more with a new login if the session has run
// out.
func (c *Client) send(ctx context.Context, u *url.URL, r Request) (*Response, error) {
	if c.session == nil {
		return c.attempts(ctx, u, r, c.config.Credentials)
	}
	stale := 0
	for {
		login, count, err := c.session.credentials(ctx, stale)
		if err != nil {
			return nil, err
		}
		response, err := c.attempts(ctx, u, r, append(slices.Clip(c.config.Credentials), login...))
		if err != nil || response.Status != http.StatusUnauthorized || stale > 0 {
			return response, err
		}
		stale = count
	}
}

// exchange is one request with all its attempts.
type exchange struct {
	client    *Client
	repeat    bool // whether it may be sent again even if it may have had its effect
	response  *Response
	pause     time.Duration // before the next attempt
	overlong  time.Duration // the wait that the server asked for, if it is too long
	tries     int
	lastError error
}

func (c *Client) attempts(ctx context.Context, u *url.URL, r Request, credentials []Credential) (*Response, error) {
	request, err := c.request(ctx, u, r, credentials)
	if err != nil {
		return nil, err
	}
	x := &exchange{client: c, repeat: request.Method == http.MethodGet || request.Method == http.MethodHead || r.Reads}
	request.SetResponseHandler(x.read)
	if err := c.budget(ctx); err != nil {
		return nil, err
	}
	retrying := &retryablehttp.Client{
		HTTPClient:   c.http,
		RetryMax:     max(0, c.config.Retries),
		CheckRetry:   x.check,
		Backoff:      x.backoff,
		PrepareRetry: x.prepare,
		ErrorHandler: x.giveUp,
	}
	// The handler has read the body to its end and closed it.
	_, err = retrying.Do(request) //nolint:bodyclose // see above
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	switch {
	case x.overlong > 0:
		return nil, c.fault(fmt.Sprintf("The system %q answered with status %d and asks to wait %s, which is longer than %s.",
			c.config.System, x.response.Status, x.overlong, c.config.MaxWait), adviceLimit, nil)
	case x.lastError != nil:
		return nil, c.broken(x)
	case x.response == nil:
		return nil, c.fault(fmt.Sprintf("The request to the system %q could not be sent.", c.config.System), adviceReach, c.plainError(err))
	}
	return x.response, nil
}

func (c *Client) request(ctx context.Context, u *url.URL, r Request, credentials []Credential) (*retryablehttp.Request, error) {
	var raw any
	content := ""
	switch body := r.Body.(type) {
	case nil:
	case []byte:
		raw, content = body, "application/octet-stream"
	case url.Values:
		raw, content = []byte(body.Encode()), "application/x-www-form-urlencoded"
	default:
		text, err := json.Marshal(body)
		if err != nil {
			return nil, c.fault(fmt.Sprintf("The request to the system %q could not be written.", c.config.System), adviceReport, c.plainError(err))
		}
		raw, content = text, "application/json"
	}
	method := r.Method
	if method == "" {
		method = http.MethodGet
	}
	request, err := retryablehttp.NewRequestWithContext(ctx, method, u.String(), raw)
	if err != nil {
		return nil, c.fault(fmt.Sprintf("The request to the system %q could not be written.", c.config.System), adviceReport, c.plainError(err))
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "terraform-provider-custody")
	if content != "" {
		request.Header.Set("Content-Type", content)
	}
	for _, h := range []http.Header{c.config.Header, r.Header} {
		for name, values := range h {
			request.Header[http.CanonicalHeaderKey(name)] = values
		}
	}
	set(request.Header, credentials)
	return request, nil
}

// budget waits until the server and the rate allow one more request.
func (c *Client) budget(ctx context.Context) error {
	if err := c.pass(ctx); err != nil || c.limiter == nil {
		return err
	}
	reserved := c.limiter.Reserve()
	if err := c.config.Wait(ctx, reserved.Delay()); err != nil {
		reserved.Cancel()
		return err
	}
	return nil
}

// read reads the whole body. Only its end shows whether it is complete.
func (x *exchange) read(r *http.Response) error {
	defer r.Body.Close() //nolint:errcheck // it has been read
	most := x.client.config.MaxBody
	body, err := io.ReadAll(io.LimitReader(r.Body, most+1))
	if err != nil {
		return err
	}
	if int64(len(body)) > most {
		return errTooLarge
	}
	x.response = &Response{Status: r.StatusCode, Header: r.Header, Body: body, url: r.Request.URL}
	return nil
}

// giveUp reads the answer of the last attempt, so that it can be shown.
func (x *exchange) giveUp(r *http.Response, err error, _ int) (*http.Response, error) {
	if r != nil {
		_ = x.read(r)
	}
	return nil, err
}

// check decides whether to try again. It is asked before a body is read, and
// again after.
func (x *exchange) check(ctx context.Context, r *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	x.lastError = err
	if err != nil {
		x.tries++
		return x.repeat && !permanent(err), nil
	}
	if !slices.Contains([]int{429, 502, 503, 504}, r.StatusCode) || !x.repeat && r.StatusCode != http.StatusTooManyRequests {
		return false, nil
	}
	if x.response == nil || x.response.Status != r.StatusCode {
		x.response = &Response{Status: r.StatusCode, Header: r.Header, url: r.Request.URL}
	}
	x.tries++
	asked, ok := x.client.retryAfter(r.Header)
	if ok && asked > x.client.config.MaxWait {
		x.overlong = asked
		return false, nil
	}
	if ok {
		x.client.gate.hold(x.client.config.Clock.Now(), asked)
	}
	return true, nil
}

// backoff stores how long to wait; prepare waits, because it has the caller's
// context and a test can replace it.
func (x *exchange) backoff(_, _ time.Duration, attempt int, r *http.Response) time.Duration {
	x.pause = time.Second << min(attempt, 5)
	if r != nil {
		if _, ok := x.client.retryAfter(r.Header); ok {
			x.pause = 0 // the gate is closed for that long
		}
	}
	return 0
}

func (x *exchange) prepare(r *http.Request) error {
	if x.pause > 0 {
		if err := x.client.config.Wait(r.Context(), x.pause); err != nil {
			return err
		}
	}
	x.response = nil
	return x.client.budget(r.Context())
}

// retryAfter reads the header of that name: seconds, or a date, which is
// compared with the server's own clock if it says what that is.
func (c *Client) retryAfter(h http.Header) (time.Duration, bool) {
	text := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = c.config.Clock.Now()
	}
	return max(0, at.Sub(now)), true
}

// permanent reports whether another attempt would give the same error.
func permanent(err error) bool {
	var stray *redirectError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	return errors.Is(err, errTooLarge) || errors.As(err, &stray) || errors.As(err, &certificate) || errors.As(err, &record)
}

// JSON reads the body into a value. The body must hold one JSON value and
// nothing else.
func (r *Response) JSON(into any) error {
	d := json.NewDecoder(bytes.NewReader(r.Body))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows after the end of the JSON value")
	}
	return nil
}
