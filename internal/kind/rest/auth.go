package rest

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"

	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// credential is a header with a secret in it.
type credential struct {
	header string
	value  template
}

// login is a request that gives credentials for a session.
type login struct {
	base      string // the address of the server
	method    string
	path      path
	headers   []httpclient.Credential
	signed    []credential // headers that carry the statement
	form      query
	assertion *assertion
	token     *expression
	session   []credential
	fields    map[string]string
}

const sessionPlace = "session"

// authenticate chooses the first way for which all fields are given.
func (c *checker) authenticate(ways []authText) ([]httpclient.Credential, *login) {
	if len(ways) == 0 {
		return nil, nil
	}
	known := make(map[string]bool)
	var chosen *authText
	at := ""
	for i := range ways {
		way := &ways[i]
		missing := false
		for _, f := range append(slices.Clip(way.Fields), way.Optional...) {
			known[f] = true
		}
		for _, f := range way.Fields {
			missing = missing || c.config.Secrets[f] == ""
		}
		if !missing && chosen == nil {
			chosen, at = way, fmt.Sprintf("auth[%d]", i)
		}
		c.checkWay(fmt.Sprintf("auth[%d]", i), way)
	}
	for _, f := range slices.Sorted(maps.Keys(c.config.Secrets)) {
		if !known[f] && c.config.Secrets[f] != "" {
			c.configProblem(f, "", fmt.Sprintf("The description does not use this credential. Accepted: %s.", listed(slices.Sorted(maps.Keys(known)))))
		}
	}
	if chosen == nil {
		var choices []string
		for _, way := range ways {
			choices = append(choices, strings.Join(way.Fields, " and "))
		}
		c.configProblem(ways[0].Fields[0], "", fmt.Sprintf("Credentials are required: %s. Each may come from the environment, for instance %s.",
			strings.Join(choices, ", or "), httpclient.Variable(c.config.Name, ways[0].Fields[0])))
		return nil, nil
	}
	return c.take(at, chosen)
}

// checkWay checks a way to authenticate whether or not it is taken.
func (c *checker) checkWay(at string, way *authText) {
	if len(way.Fields) == 0 {
		c.problem(at+".fields", "The fields of the configuration that hold the credentials are required.")
		way.Fields = []string{"token"}
	}
	for _, f := range append(slices.Clip(way.Fields), way.Optional...) {
		if strings.Trim(f, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" || f == "" || f == sessionPlace {
			c.problem(at+".fields", fmt.Sprintf("%q is not a name: lower case letters, digits and _ are accepted.", f))
		}
	}
	if way.Basic && (len(way.Fields) > 2 || way.Login != nil) {
		c.problem(at+".basic", "It takes two fields (the user name and the password) or one field (a key), and no login.")
	}
	if !way.Basic && len(way.Headers) == 0 {
		c.problem(at+".headers", "A header is required that carries the credentials.")
	}
}

// take builds the credentials of a way.
func (c *checker) take(at string, way *authText) ([]httpclient.Credential, *login) {
	fields := append(slices.Clip(way.Fields), way.Optional...)
	if way.Basic && len(way.Fields) <= 2 {
		return append(c.static(at, way.Headers, fields), c.basic(way.Fields)), nil
	}
	if way.Login == nil {
		return c.static(at, way.Headers, fields), nil
	}
	at += ".login"
	l := c.login(at, way.Login, fields)
	static := make(map[string]string)
	for name, text := range way.Headers {
		t := c.template(at+".headers."+name, text, append(fields, sessionPlace)...)
		if slices.Contains(t.names(), sessionPlace) {
			l.session = append(l.session, credential{name, t})
		} else {
			static[name] = text
		}
	}
	if len(l.session) == 0 {
		c.problem(at, "No header carries {session}, the token of the login.")
	}
	return c.static(at, static, fields), l
}

// basic builds the credential of HTTP Basic from two fields, or from a key in place of
// the user name.
func (c *checker) basic(fields []string) httpclient.Credential {
	user := c.config.Secrets[fields[0]]
	if strings.Contains(user, ":") {
		c.configProblem(fields[0], "", "It must not hold a colon.")
	}
	if len(fields) == 1 {
		return httpclient.BasicKey(fields[0], user)
	}
	out := httpclient.Basic(user, c.config.Secrets[fields[1]])
	out.Field = fields[1]
	return out
}

// login compiles the request of a login.
func (c *checker) login(at string, t *loginText, fields []string) *login {
	l := &login{method: strings.ToUpper(t.Method), path: c.path(at+".path", t.Path), fields: maps.Clone(c.config.Secrets)}
	if l.method != http.MethodGet && l.method != http.MethodPost {
		c.problem(at+".method", "It must be GET or POST.")
	}
	if l.base = c.template(at+".url", t.URL).fill(nil); l.base == "" {
		l.base = c.config.URL
	}
	known := slices.Clone(fields)
	for _, f := range fields {
		for name, value := range facets(f, c.config.Secrets[f]) {
			l.fields[name] = value
			known = append(known, name)
		}
	}
	l.fields[loginPlace] = strings.Join(append([]string{strings.TrimSuffix(l.base, "/")}, l.path.fill(nil)...), "/")
	known = append(known, loginPlace)
	known = append(known, c.absent(t, fields, known)...)
	static := make(map[string]string)
	for _, name := range slices.Sorted(maps.Keys(t.Headers)) {
		if header := c.template(at+".headers."+name, t.Headers[name], append(known, assertionPlace)...); slices.Contains(header.names(), assertionPlace) {
			l.signed = append(l.signed, credential{name, header})
		} else {
			static[name] = t.Headers[name]
		}
	}
	l.headers = c.static(at, static, fields)
	switch {
	case t.Basic && len(fields) != 2:
		c.problem(at+".basic", "It takes two fields, the user name and the password.")
	case t.Basic:
		l.headers = append(l.headers, c.basic(fields))
	}
	switch {
	case t.Assertion != nil:
		l.assertion = c.assertion(at+".assertion", t.Assertion, l.fields, known)
		known = append(known, assertionPlace)
	case len(l.signed) > 0:
		c.problem(at+".assertion", "It is required: a header carries {assertion}.")
	}
	l.form = c.query(at+".form", single(t.Form), known...)
	if t.Token == "" {
		c.problem(at+".token", "An expression is required that finds the token in the answer.")
	} else {
		l.token = c.compile(at+".token", t.Token, inAnswer, cel.StringType)
	}
	return l
}

func single(m map[string]string) map[string]texts {
	out := make(map[string]texts, len(m))
	for name, text := range m {
		out[name] = texts{text}
	}
	return out
}

// static builds the headers whose secrets are known. One whose field is not
// given is left out: the field was optional.
func (c *checker) static(at string, texts map[string]string, fields []string) []httpclient.Credential {
	var out []httpclient.Credential
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if !httpclient.ValidHeader(name) {
			c.problem(at+".headers."+name, "It is not the name of a header.")
			continue
		}
		t := c.template(at+".headers."+name, texts[name], fields...)
		given, field := true, ""
		var secrets []string
		for _, place := range t.names() {
			field = place
			given = given && c.config.Secrets[place] != ""
			secrets = append(secrets, c.config.Secrets[place])
		}
		if given {
			out = append(out, httpclient.Header(field, name, t.fill(c.config.Secrets), secrets...))
		}
	}
	return out
}

// credentials logs in.
func (l *login) credentials(ctx context.Context, s *System) ([]httpclient.Credential, error) {
	request := httpclient.Request{Method: l.method, Path: l.path.fill(nil), TrailingSlash: l.path.slash, Reads: true, Header: make(http.Header)}
	for _, h := range l.headers {
		request.Header.Set(h.Header, h.Value)
	}
	fields := maps.Clone(l.fields)
	if l.assertion != nil {
		signed, err := l.assertion.sign(s.config.Clock.Now())
		if err != nil {
			return nil, s.loginClient.Unusable("the login statement could not be signed: "+err.Error(), adviceKey)
		}
		s.loginClient.Hide(signed)
		fields[assertionPlace] = signed
	}
	for _, h := range l.signed {
		request.Header.Set(h.header, h.value.fill(fields))
	}
	if len(l.form) > 0 {
		request.Body = l.form.fill(fields)
	}
	r, err := s.loginClient.Do(ctx, request)
	if err != nil {
		return nil, err
	}
	if r.Status < 200 || r.Status > 299 {
		return nil, s.loginClient.Refused(r)
	}
	a, err := s.answer(s.loginClient, r, "")
	if err != nil {
		return nil, err
	}
	token, err := l.token.text(a.variables)
	if err != nil || token == "" {
		return nil, s.loginClient.Malformed(r, "the login returned no token")
	}
	places := maps.Clone(l.fields)
	places[sessionPlace] = token
	var out []httpclient.Credential
	for _, h := range l.session {
		value := h.value.fill(places)
		made := httpclient.Header("", h.header, value, token)
		if message := made.Check(); message != "" {
			return nil, s.loginClient.Malformed(r, "the login returned a token that is not valid in a header")
		}
		out = append(out, made)
	}
	return out, nil
}
