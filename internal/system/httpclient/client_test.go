package httpclient_test

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/clock"
	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

const canary = "canary-7f3a/+=&token"

// waits records how long a client would have waited.
type waits struct {
	mu  sync.Mutex
	all []time.Duration
}

func (w *waits) wait(ctx context.Context, d time.Duration) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all = append(w.all, d)
	return ctx.Err()
}

func open(t *testing.T, base string, change ...func(*httpclient.Config)) *httpclient.Client {
	t.Helper()
	c := httpclient.Config{System: "hq", BaseURL: base, Credentials: []httpclient.Credential{httpclient.Bearer(canary)}, Wait: (&waits{}).wait}
	for _, f := range change {
		f(&c)
	}
	client, err := httpclient.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

// unavailable checks the fault and that it gives nothing away.
func unavailable(t *testing.T, err error, want string) {
	t.Helper()
	systemtest.WantUnavailable(t, 0, err)
	var f *fault.Fault
	if !errors.As(err, &f) {
		return
	}
	text := f.Detail() + err.Error() + fmt.Sprintf("%+v %#v", f, f)
	if !strings.Contains(text, want) {
		t.Errorf("the fault does not say %q: %s", want, f.Detail())
	}
	for _, secret := range []string{canary, url.QueryEscape(canary), "canary"} {
		if strings.Contains(text, secret) {
			t.Errorf("the fault gives the secret away: %s", f.Detail())
		}
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		t.Error("the fault passes for a context that ended")
	}
	if !systemtest.Presentable(strings.ReplaceAll(f.Detail(), "\n", " ")) {
		t.Errorf("%q could change how a plan reads", f.Detail())
	}
}

func TestAddresses(t *testing.T) {
	var got string
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { got = r.RequestURI })
	for _, c := range []struct {
		base  string
		path  []string
		query url.Values
		want  string
	}{
		{"", []string{"a", "b"}, nil, "/a/b"},
		{"/api/v1/", []string{"hardware", "7"}, url.Values{"q": {"a b&c=^1"}}, "/api/v1/hardware/7?q=a+b%26c%3D%5E1"},
		{"/x%2Fy", []string{"../../etc/passwd"}, nil, "/x%2Fy/..%2F..%2Fetc%2Fpasswd"},
		{"", []string{"a?b=c&d#e"}, nil, "/a%3Fb=c&d%23e"},
		{"", []string{"a%2Fb", "é;\x00"}, nil, "/a%252Fb/%C3%A9%3B%00"},
	} {
		if _, err := open(t, server.URL+c.base).Get(t.Context(), c.path, c.query); err != nil || got != c.want {
			t.Errorf("asked for %s, %v; want %s", got, err, c.want)
		}
	}
	for _, bad := range []string{"", ".", ".."} {
		got = "nothing"
		_, err := open(t, server.URL).Get(t.Context(), []string{"a", bad}, nil)
		unavailable(t, err, "no URL can name it")
		if got != "nothing" {
			t.Errorf("%q was sent as %s", bad, got)
		}
	}
	if _, err := open(t, server.URL).Do(t.Context(), httpclient.Request{Path: []string{"a"}, TrailingSlash: true}); err != nil || got != "/a/" {
		t.Errorf("asked for %s, %v", got, err)
	}
}

func TestConfiguration(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		config httpclient.Config
		want   string
	}{
		"none":            {httpclient.Config{}, "url: It is required"},
		"other scheme":    {httpclient.Config{BaseURL: "ftp://h"}, "must begin with https://"},
		"no host":         {httpclient.Config{BaseURL: "https:///x"}, "must begin with https://"},
		"opaque":          {httpclient.Config{BaseURL: "https:x"}, "not a URL"},
		"broken":          {httpclient.Config{BaseURL: "https://h:x:" + canary}, "not a URL"},
		"password":        {httpclient.Config{BaseURL: "https://u:" + url.QueryEscape(canary) + "@h"}, "must not hold a user name"},
		"query":           {httpclient.Config{BaseURL: "https://h?token=" + url.QueryEscape(canary)}, "must not hold a query"},
		"dots":            {httpclient.Config{BaseURL: "https://h/a/../b"}, `must not hold "." or ".."`},
		"clear":           {httpclient.Config{BaseURL: "http://assets.example.org"}, "in clear"},
		"no CA":           {httpclient.Config{BaseURL: "https://h", CAFile: "/does/not/exist"}, "cannot be read: no such file"},
		"empty CA":        {httpclient.Config{BaseURL: "https://h", CAFile: empty}, "holds no certificate"},
		"empty token":     {httpclient.Config{BaseURL: "https://h", Credentials: []httpclient.Credential{httpclient.Bearer("")}}, "token: It is empty"},
		"line break":      {httpclient.Config{BaseURL: "https://h", Credentials: []httpclient.Credential{httpclient.Bearer(canary + "\n")}}, "token: It begins or ends with white space"},
		"inner break":     {httpclient.Config{BaseURL: "https://h", Credentials: []httpclient.Credential{httpclient.Bearer(canary + "\n" + canary)}}, "not valid in a header"},
		"bad header name": {httpclient.Config{BaseURL: "https://h", Credentials: []httpclient.Credential{httpclient.Header("token", "X Y", canary)}}, "no valid name"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := httpclient.New(c.config)
			var config *system.ConfigError
			if !errors.As(err, &config) || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "canary") {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	for _, ok := range []string{"https://h/p", "http://localhost:1", "http://127.0.0.2:1", "http://[::1]:1/x"} {
		open(t, ok)
	}
	open(t, "http://assets.example.org", func(c *httpclient.Config) { c.AllowHTTP = true })
}

// What a server answers is an answer, whatever its status, once it is whole.
func TestStatusesAreAnswers(t *testing.T) {
	for status, want := range map[int]string{
		200: "which cannot be used here", 400: "not an answer", 401: "Check CUSTODY_HQ_TOKEN", 403: "lack a right", 404: "nothing of that kind", 500: "has failed",
	} {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"message":"\u001b[31mno `+"\x1b"+`\u202e for %s"}`, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		})
		client := open(t, server.URL)
		r, err := client.Get(t.Context(), []string{"x"}, nil)
		if err != nil || r.Status != status {
			t.Fatalf("%d: %+v, %v", status, r, err)
		}
		unavailable(t, client.Refused(r), want)
		unavailable(t, client.For("Unable to Look Up Owner").Malformed(r, "it is not "+canary), "cannot be used")
	}
}

func TestWhatIsSent(t *testing.T) {
	var seen []*http.Request
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		seen = append(seen, r)
	})
	client := open(t, server.URL, func(c *httpclient.Config) {
		c.Credentials = append(c.Credentials, httpclient.Header("app_token", "App-Token", "abcd"))
		c.Header = http.Header{"accept": {"application/scim+json"}}
	})
	for _, r := range []httpclient.Request{
		{Path: []string{"x"}},
		{Method: "POST", Path: []string{"x"}, Body: map[string]int{"a": 1}},
		{Method: "POST", Path: []string{"x"}, Body: url.Values{"a": {"1"}}, Header: http.Header{"X-Y": {"z"}}},
	} {
		if _, err := client.Do(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []string{"", "application/json", "application/x-www-form-urlencoded"} {
		h := seen[i].Header
		if h.Get("Authorization") != "Bearer "+canary || h.Get("App-Token") != "abcd" || h.Get("Accept") != "application/scim+json" || h.Get("Content-Type") != want {
			t.Errorf("request %d has the headers %v", i, h)
		}
	}
	if seen[2].PostForm.Get("a") != "1" || seen[2].Header.Get("X-Y") != "z" {
		t.Errorf("got %+v", seen[2])
	}
}

func TestRetries(t *testing.T) {
	date := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		statuses []int
		header   http.Header
		method   string
		waits    []time.Duration
		want     string // of the fault, or empty for success
		status   int
	}{
		"busy, then well":   {[]int{503, 502, 504, 200}, nil, "GET", []time.Duration{1e9, 2e9, 4e9}, "", 200},
		"busy for ever":     {[]int{503, 503, 503, 503}, nil, "GET", []time.Duration{1e9, 2e9, 4e9}, "", 503},
		"asked to wait":     {[]int{429, 200}, http.Header{"Retry-After": {"17"}}, "GET", []time.Duration{18e9}, "", 200},
		"until a date":      {[]int{429, 200}, http.Header{"Retry-After": {date.Add(time.Minute).Format(http.TimeFormat)}, "Date": {date.Format(http.TimeFormat)}}, "GET", []time.Duration{61e9}, "", 200},
		"by our clock":      {[]int{429, 200}, http.Header{"Retry-After": {date.Add(time.Minute).Format(http.TimeFormat)}, "Date": {"x"}}, "GET", []time.Duration{61e9}, "", 200},
		"until the past":    {[]int{429, 200}, http.Header{"Retry-After": {date.Add(-time.Minute).Format(http.TimeFormat)}, "Date": {"x"}}, "GET", []time.Duration{1e9}, "", 200},
		"nonsense":          {[]int{429, 200}, http.Header{"Retry-After": {"soon"}}, "GET", []time.Duration{1e9}, "", 200},
		"too long":          {[]int{429}, http.Header{"Retry-After": {"3600"}}, "GET", nil, "asks to wait 1h0m0s, which is longer than 2m0s", 0},
		"far too long":      {[]int{503}, http.Header{"Retry-After": {date.AddDate(10, 0, 0).Format(http.TimeFormat)}}, "GET", nil, "asks to wait", 0},
		"a refusal":         {[]int{403}, nil, "GET", nil, "", 403},
		"a failure":         {[]int{500}, nil, "GET", nil, "", 500},
		"a write that fell": {[]int{503}, nil, "POST", nil, "", 503},
		"a write too often": {[]int{429, 200}, nil, "POST", []time.Duration{1e9}, "", 200},
	} {
		t.Run(name, func(t *testing.T) {
			n := 0
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				for k, v := range c.header {
					w.Header()[k] = v
				}
				if n >= len(c.statuses) {
					t.Errorf("request %d was not expected", n)
					return
				}
				w.WriteHeader(c.statuses[n])
				n++
				fmt.Fprintf(w, "answer %d", n)
			})
			var w waits
			client := open(t, server.URL, func(conf *httpclient.Config) { conf.Wait, conf.Clock = w.wait, clock.NewFake(date) })
			r, err := client.Do(t.Context(), httpclient.Request{Method: c.method, Path: []string{"x"}})
			if c.want != "" {
				unavailable(t, err, c.want)
			} else if err != nil || r.Status != c.status || string(r.Body) != fmt.Sprintf("answer %d", len(c.statuses)) {
				t.Errorf("got %+v, %v", r, err)
			}
			if n != len(c.statuses) || !slices.Equal(w.all, c.waits) {
				t.Errorf("%d requests with the waits %v; want %d with %v", n, w.all, len(c.statuses), c.waits)
			}
		})
	}
}

// cut sends half of what it announces.
func cut(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "100")
	fmt.Fprint(w, `{"rows":[`)
}

func TestBodies(t *testing.T) {
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		want    string
		tries   int
	}{
		"length": {cut, "was cut short, 4 times in a row", 4},
		"chunks": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"rows":[`)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, "was cut short", 4},
		"gzip": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			fmt.Fprint(z, strings.Repeat("x", 100))
			_ = z.Flush()
		}, "was cut short", 4},
		"large":  {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("x", 1001)) }, "larger than 1000 bytes", 1},
		"no end": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, "could not be reached, 4 times in a row", 4},
	} {
		t.Run(name, func(t *testing.T) {
			var n atomic.Int32
			server := serve(t, func(w http.ResponseWriter, r *http.Request) { n.Add(1); c.handler(w, r) })
			client := open(t, server.URL, func(conf *httpclient.Config) { conf.MaxBody = 1000 })
			_, err := client.Get(t.Context(), []string{"x"}, url.Values{"token": {canary}})
			unavailable(t, err, c.want)
			if int(n.Load()) != c.tries {
				t.Errorf("%d requests, want %d", n.Load(), c.tries)
			}
		})
	}
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat("x", 1000)) })
	if r, err := open(t, server.URL, func(c *httpclient.Config) { c.MaxBody = 1000 }).Get(t.Context(), nil, nil); err != nil || len(r.Body) != 1000 {
		t.Errorf("got %v", err)
	}
	var n atomic.Int32
	server = serve(t, func(w http.ResponseWriter, r *http.Request) { n.Add(1); cut(w, r) })
	if _, err := open(t, server.URL).PostJSON(t.Context(), []string{"x"}, nil, 1); n.Load() != 1 {
		t.Errorf("a write was sent %d times: %v", n.Load(), err)
	}
	if _, err := open(t, server.URL).Do(t.Context(), httpclient.Request{Method: "POST", Path: []string{"x"}, Body: 1, Reads: true}); n.Load() != 5 {
		t.Errorf("a search was sent %d times: %v", n.Load()-1, err)
	}
}

func TestTimeoutAndCancellation(t *testing.T) {
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	_, err := open(t, server.URL, func(c *httpclient.Config) { c.Timeout, c.Retries = 20*time.Millisecond, -1 }).Get(t.Context(), []string{"x"}, nil)
	unavailable(t, err, "did not answer within 20ms")
	reached := make(chan struct{}, 10)
	server = serve(t, func(_ http.ResponseWriter, r *http.Request) {
		reached <- struct{}{}
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := open(t, server.URL).Get(ctx, []string{"x"}, nil)
		done <- err
	}()
	<-reached
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) || errors.Is(err, fault.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	busy := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	ctx, cancel = context.WithCancel(t.Context())
	_, err = open(t, busy.URL, func(c *httpclient.Config) {
		c.Wait = func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }
	}).Get(ctx, []string{"x"}, nil)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	_, err = open(t, "http://127.0.0.1:1").Get(t.Context(), []string{"x"}, nil)
	unavailable(t, err, "could not be reached, 4 times in a row")
}

// In no minute are there more requests than the budget.
func TestBudget(t *testing.T) {
	server := serve(t, func(http.ResponseWriter, *http.Request) {})
	var w waits
	client := open(t, server.URL, func(c *httpclient.Config) { c.Wait, c.RequestsPerMinute = w.wait, 120 })
	for range 130 {
		if _, err := client.For("Other").Get(t.Context(), []string{"x"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	// The waits are not spent, so each reservation lies later than the one before.
	if w.all[29] > 0 || w.all[120] < time.Minute-time.Second {
		t.Errorf("the 30th request waits %s, the 121st %s", w.all[29], w.all[120])
	}
}

func TestLogin(t *testing.T) {
	valid := "session-1"
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Session-Token") != valid {
			w.WriteHeader(http.StatusUnauthorized)
		}
		fmt.Fprint(w, "for ", r.Header.Get("Session-Token"))
	})
	logins := 0
	var failure error
	client := open(t, server.URL, func(c *httpclient.Config) {
		c.Login = func(context.Context) ([]httpclient.Credential, error) {
			logins++
			return []httpclient.Credential{httpclient.Header("", "Session-Token", fmt.Sprintf("session-%d", logins))}, failure
		}
	})
	get := func() *httpclient.Response {
		t.Helper()
		r, err := client.Get(t.Context(), []string{"x"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := get(); r.Status != 200 || logins != 1 {
		t.Errorf("%d logins, %+v", logins, r)
	}
	valid = "session-2"
	if r := get(); r.Status != 200 || logins != 2 {
		t.Errorf("%d logins, %+v", logins, r)
	}
	valid = "none"
	r := get()
	if r.Status != 401 || logins != 3 {
		t.Errorf("%d logins, %+v", logins, r)
	}
	var f *fault.Fault
	if err := client.Refused(r); !errors.As(err, &f) || strings.Contains(f.Detail(), "session-3") {
		t.Errorf("got %v", err)
	}
	failure = errors.New("no login")
	if _, err := client.Get(t.Context(), []string{"x"}, nil); !errors.Is(err, failure) {
		t.Errorf("got %v", err)
	}
}

func TestJSON(t *testing.T) {
	for text, ok := range map[string]bool{`{"a":1}`: true, ` [] `: true, `{} {}`: false, `{"a":`: false, ``: false, `{}x`: false, `<html>`: false} {
		var v any
		if err := (&httpclient.Response{Body: []byte(text)}).JSON(&v); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestVariable(t *testing.T) {
	if got := httpclient.Variable("hq-2", "token"); got != "CUSTODY_HQ_2_TOKEN" {
		t.Error(got)
	}
}

// What a server says is cut; a sentence of ours, such as one with the rules that give a
// right, is not. Neither shows a secret.
func TestTextsThatAreShown(t *testing.T) {
	client := open(t, "https://hq.example.org")
	long := strings.Repeat("path \"identity/entity/id/*\" { capabilities = [\"read\"] } ", 20)
	long = strings.TrimSpace(long)
	if got := client.Sentence(long); got != long {
		t.Errorf("the sentence has %d bytes of %d", len(got), len(long))
	}
	if got := client.Shown(long); len(got) > 310 {
		t.Errorf("%d bytes of an answer are shown", len(got))
	}
	for _, text := range []string{client.Sentence(long + canary), client.Shown(canary + long)} {
		if strings.Contains(text, canary) {
			t.Error("the token is shown")
		}
	}
}
