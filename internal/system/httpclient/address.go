package httpclient

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/redact"
	"github.com/custodyhq/terraform-provider-custody/internal/system/trust"
)

const (
	maxConnections = 8
	maxRedirects   = 5
)

// configure checks what New was given and builds what requests need.
func (c *Client) configure() error {
	var problems []system.Problem
	problem := func(attribute, message string) {
		problems = append(problems, system.Problem{Attribute: attribute, Message: message})
	}
	base, message := parseBase(c.config.BaseURL, c.config.AllowHTTP)
	if message != "" {
		problem("url", message)
	}
	c.base = base
	for _, cred := range c.config.Credentials {
		if message := cred.Check(); message != "" {
			problem(cred.Field, message)
		}
	}
	roots, message := trust.Roots(c.config.CAFile)
	if message != "" {
		problem(trust.Attribute, message)
	}
	if len(problems) > 0 {
		return &system.ConfigError{System: c.config.System, Problems: problems}
	}
	c.http = &http.Client{
		Timeout:       c.config.Timeout,
		CheckRedirect: c.checkRedirect,
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: c.config.Timeout, KeepAlive: 30 * time.Second}).DialContext,
			TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:   c.config.Timeout,
			ForceAttemptHTTP2:     true,
			MaxConnsPerHost:       maxConnections,
			MaxIdleConnsPerHost:   maxConnections,
			IdleConnTimeout:       90 * time.Second,
			ExpectContinueTimeout: time.Second,
		},
	}
	return nil
}

// parseBase checks a base URL. Its messages do not repeat the URL, in which a
// password may stand.
func parseBase(raw string, allowHTTP bool) (*url.URL, string) {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return nil, "It is required: the address of the system, for instance https://assets.example.org."
	case err != nil || u.Opaque != "":
		return nil, "It is not a URL. Write it like https://assets.example.org."
	case u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "":
		return nil, "It must begin with https:// and name a host."
	case u.User != nil:
		return nil, "It must not hold a user name or a password: a URL is shown in plans and logs. Use the attributes for credentials."
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, "It must not hold a query or a fragment: a URL is shown in plans and logs."
	case u.Scheme == "http" && !allowHTTP && !loopback(u.Hostname()):
		return nil, fmt.Sprintf("http:// would send the credentials to %s in clear. Use https://.", u.Hostname())
	}
	for segment := range strings.SplitSeq(u.Path, "/") {
		if segment == "." || segment == ".." {
			return nil, `Its path must not hold "." or "..".`
		}
	}
	return u, ""
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// locate builds the URL of a request. A segment that would name another resource
// after a proxy has normalised the path is not sent.
func (c *Client) locate(r Request) (*url.URL, error) {
	u := *c.base
	plain, escaped := strings.TrimSuffix(u.Path, "/"), strings.TrimSuffix(u.EscapedPath(), "/")
	for _, segment := range r.Path {
		if segment == "" || segment == "." || segment == ".." {
			return nil, c.fault(fmt.Sprintf("The system %q cannot be asked for %q: no URL can name it.", c.config.System, segment),
				"Correct the id.", nil)
		}
		plain += "/" + segment
		escaped += "/" + url.PathEscape(segment)
	}
	if r.TrailingSlash {
		plain, escaped = plain+"/", escaped+"/"
	}
	u.Path, u.RawPath = plain, escaped
	u.RawQuery = r.Query.Encode()
	return &u, nil
}

// resolve reads a link from an answer.
func (c *Client) resolve(from *Response, link string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(link))
	if err != nil {
		return nil, c.fault(fmt.Sprintf("The system %q gave a link that is not a URL.", c.config.System), adviceDescription, nil)
	}
	u = from.url.ResolveReference(u)
	u.Fragment, u.RawFragment = "", ""
	if u.User != nil || !sameOrigin(c.base, u) {
		return nil, c.fault(fmt.Sprintf("The system %q gave a link to %s, which is not the configured host %s. Nothing was sent there.",
			c.config.System, c.Shown(origin(u)), origin(c.base)), adviceOrigin, nil)
	}
	return u, nil
}

// redirectError is the error of a redirect that is not followed.
type redirectError struct{ reason string }

func (s *redirectError) Error() string { return s.reason }

func (c *Client) checkRedirect(next *http.Request, via []*http.Request) error {
	switch {
	case !sameOrigin(c.base, next.URL) || next.URL.User != nil:
		return &redirectError{fmt.Sprintf("it redirected to %s, which is not the configured host %s; the credentials were not sent there",
			origin(next.URL), origin(c.base))}
	case next.Method != via[0].Method:
		return &redirectError{fmt.Sprintf("it redirected a %s so that it would become a %s", via[0].Method, next.Method)}
	case len(via) > maxRedirects:
		return &redirectError{fmt.Sprintf("it redirected more than %d times", maxRedirects)}
	}
	return nil
}

func sameOrigin(a, b *url.URL) bool { return origin(a) == origin(b) }

// origin returns scheme, host and port, which may be shown in a message even if
// a server wrote the URL.
func origin(u *url.URL) string {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if port == "" || u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		port = ""
	} else {
		port = ":" + port
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return redact.Clean(u.Scheme+"://"+host+port, 200)
}
