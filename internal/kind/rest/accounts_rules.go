package rest

import (
	"fmt"
	"slices"

	"cel.dev/cel-go/cel"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/httpclient"
)

// accountsText describes accounts that can be switched. An account is found as a person
// is, by people, and is then read at its own address. {id} in a path is the account.
type accountsText struct {
	When    string  `yaml:"when"`    // condition over the settings
	Address string  `yaml:"address"` // expression over an item of people: what {id} is; the id of the person if unstated
	One     oneText `yaml:"one"`
	// Fields are over the item of one. Without expires_at, ends are unknown.
	Fields  map[string]string `yaml:"fields"`
	Version string            `yaml:"version"` // expression over the answer of one: its entity tag, sent as If-Match
	Issued  []issuedText      `yaml:"issued"`
	// Unlisted names what the account may have been given that the system does not
	// list. It counts as ended once end_sessions was accepted.
	Unlisted    string       `yaml:"unlisted"`
	Refuses     []refusal    `yaml:"refuses"`
	Enable      []switchText `yaml:"enable"`
	Disable     []switchText `yaml:"disable"`
	SetEnd      []switchText `yaml:"set_end"`
	EndSessions []switchText `yaml:"end_sessions"`
}

// issuedText lists something that an account was given and that still works.
type issuedText struct {
	List listText    `yaml:"list"`
	Skip string      `yaml:"skip"` // condition over an item: it does not work any more
	Text string      `yaml:"text"` // expression over an item: what it is, for people, without a secret
	ID   string      `yaml:"id"`   // expression over an item: {issued} in the path of end
	End  *switchText `yaml:"end"`  // ends one; without it, end_sessions ends all of them
}

// refusal says that something cannot be done with an account.
type refusal struct {
	Act     string `yaml:"act"`  // enable or disable; of an answer, unstated
	When    string `yaml:"when"` // condition over the item of one, or over an answer
	Message string `yaml:"message"`
	Advice  string `yaml:"advice"`
}

// switchText is a request that changes an account. It is sent once.
type switchText struct {
	When    string            `yaml:"when"` // condition over the settings
	If      string            `yaml:"if"`   // condition over the item of one, read again just before
	Method  string            `yaml:"method"`
	Path    string            `yaml:"path"`
	Query   map[string]texts  `yaml:"query"`
	Headers map[string]string `yaml:"headers"` // templates over the settings
	Body    string            `yaml:"body"`    // expression over account and item; no body if unstated
	Done    string            `yaml:"done"`    // condition over the answer; any success if unstated
	Denied  string            `yaml:"denied"`  // likewise; status 403 if unstated
	Gone    string            `yaml:"gone"`    // likewise: what is to be changed is not there; status 404 if unstated
	Changed string            `yaml:"changed"` // likewise: it has changed since it was read; status 412 if unstated
	Right   string            `yaml:"right"`   // what the request takes, and where it is given: a template
	Refused *refusal          `yaml:"refused"` // an answer that refuses this account, before all other readings of it
}

const issuedPlace = "issued"

// accountFields are the fields of an account.
var accountFields = map[string][]*cel.Type{
	"id": scalars, "name": scalars, "enabled": {cel.BoolType}, "expires_at": scalars, "last_used_at": scalars,
}

// accountRules says how accounts are read and changed.
type accountRules struct {
	address  *expression // nil for the id of the person
	one      *get
	fields   map[string]*expression
	version  *expression // nil if there is none
	issued   []issued
	unlisted string
	refuses  []refuses
	acts     map[system.AccountAct][]change
}

type issued struct {
	list     *listing
	skip     *expression // nil if all of it works
	text, id *expression
	end      *change // nil if it cannot be ended one by one
}

type refuses struct {
	act             system.AccountAct
	when            *expression
	message, advice string
}

// change is a request that changes an account.
type change struct {
	question
	cond                        *expression // nil for always
	method                      string
	headers                     map[string]string
	done, denied, gone, changed *expression
	right                       string
	refused                     *refuses // nil if there is none
}

// accounts compiles the rules of accounts; nil if there are none.
func (c *checker) accounts(t *accountsText, people *catalog) *accountRules {
	if t == nil {
		return nil
	}
	const at = "accounts"
	use := c.applies(at, t.When)
	r := &accountRules{
		one:    c.get(at+".one", &getText{Path: t.One.Path, Query: t.One.Query, NotFound: t.One.NotFound, Item: t.One.Item}, idPlace),
		fields: c.fields(at+".fields", t.Fields, accountFields), unlisted: c.template(at+".unlisted", t.Unlisted).fill(nil),
		acts: make(map[system.AccountAct][]change),
	}
	if people == nil && use {
		c.problem(at, "accounts requires people: an account is found as a person is.")
	}
	for _, name := range []string{"id", "name", "enabled"} {
		if t.Fields[name] == "" {
			c.problem(at+".fields."+name, "It is required.")
		}
	}
	if t.Address != "" {
		r.address = c.compile(at+".address", t.Address, inItem, scalars...)
	}
	if t.Version != "" {
		r.version = c.compile(at+".version", t.Version, inAnswer, scalars...)
	}
	for act, texts := range map[system.AccountAct][]switchText{
		system.EnableAccount: t.Enable, system.DisableAccount: t.Disable, system.SetAccountEnd: t.SetEnd, system.EndSessions: t.EndSessions,
	} {
		r.acts[act] = c.changes(at+"."+accountActs[act], texts)
	}
	for i := range t.Refuses {
		where := fmt.Sprintf("%s.refuses[%d]", at, i)
		if !slices.Contains([]string{string(system.EnableAccount), string(system.DisableAccount)}, t.Refuses[i].Act) {
			c.problem(where+".act", "Accepted: enable, disable.")
		}
		r.refuses = append(r.refuses, c.refuses(where, &t.Refuses[i], inItem))
	}
	c.issued(at, t, r)
	if len(r.acts[system.SetAccountEnd]) > 0 && t.Fields["expires_at"] == "" {
		c.problem(at+".fields.expires_at", "It is required with set_end: an end that is set is read back.")
	}
	if !use {
		return nil
	}
	return r
}

// accountActs are the names of the acts in a description.
var accountActs = map[system.AccountAct]string{
	system.EnableAccount: "enable", system.DisableAccount: "disable", system.SetAccountEnd: "set_end", system.EndSessions: "end_sessions",
}

// issued compiles the lists of what accounts were given.
func (c *checker) issued(at string, t *accountsText, r *accountRules) {
	ended := len(r.acts[system.EndSessions]) > 0
	if t.Unlisted != "" && len(t.EndSessions) == 0 {
		c.problem(at+".unlisted", "end_sessions is required with it: what is not listed could not be ended.")
	}
	if !ended {
		r.unlisted = "" // the settings leave its end out
	}
	single := 0
	for i := range t.Issued {
		where, text := fmt.Sprintf("%s.issued[%d]", at, i), &t.Issued[i]
		one := issued{
			list: c.listing(where+".list", &text.List, idPlace), text: c.compile(where+".text", text.Text, inItem, scalars...),
			id: c.compile(where+".id", text.ID, inItem, scalars...),
		}
		if text.Skip != "" {
			one.skip = c.compile(where+".skip", text.Skip, inItem, cel.BoolType)
		}
		if text.End != nil {
			end := c.change(where+".end", text.End, idPlace, issuedPlace)
			one.end = &end
		}
		if one.list == nil {
			continue // its condition is false
		}
		if r.issued = append(r.issued, one); one.end != nil {
			single++
		}
	}
	if !ended && single > 0 && single < len(r.issued) {
		c.problem(at+".issued", "What one of the lists shows would never be ended: end is required in each, or end_sessions.")
	}
}

func (c *checker) refuses(at string, t *refusal, in scope) refuses {
	r := refuses{
		when: c.compile(at+".when", t.When, in, cel.BoolType), message: c.template(at+".message", t.Message).fill(nil),
		advice: c.template(at+".advice", t.Advice).fill(nil), act: system.AccountAct(t.Act),
	}
	if t.Message == "" || t.Advice == "" {
		c.problem(at, "message and advice are required: why it cannot be done, and what to do instead.")
	}
	return r
}

// changes compiles the requests of an act, and leaves out those whose condition is false.
func (c *checker) changes(at string, texts []switchText) []change {
	var out []change
	for i := range texts {
		where := fmt.Sprintf("%s[%d]", at, i)
		compiled := c.change(where, &texts[i], idPlace)
		if c.applies(where, texts[i].When) {
			out = append(out, compiled)
		}
	}
	return out
}

func (c *checker) change(at string, t *switchText, places ...string) change {
	out := change{
		question: question{path: c.path(at+".path", t.Path, places...), query: c.query(at+".query", t.Query, places...)},
		method:   t.Method, headers: make(map[string]string), right: c.template(at+".right", t.Right).fill(nil),
	}
	if !slices.Contains([]string{"POST", "PUT", "PATCH", "DELETE"}, t.Method) {
		c.problem(at+".method", "Accepted: POST, PUT, PATCH, DELETE.")
	}
	if t.Right == "" {
		c.problem(at+".right", "It is required: the right that the request takes.")
	}
	for name, text := range t.Headers {
		if !httpclient.ValidHeader(name) {
			c.problem(at+".headers."+name, "It is not the name of a header.")
		}
		out.headers[name] = c.template(at+".headers."+name, text).fill(nil)
	}
	if t.Refused != nil {
		refused := c.refuses(at+".refused", t.Refused, inAnswer)
		out.refused = &refused
	}
	if t.If != "" {
		out.cond = c.compile(at+".if", t.If, inItem, cel.BoolType)
	}
	if t.Body != "" {
		out.body = c.compile(at+".body", t.Body, inAccount, cel.MapType(cel.StringType, cel.DynType))
	}
	for _, of := range []struct {
		into           **expression
		name           string
		text, unstated string
	}{
		{&out.done, "done", t.Done, "status >= 200 && status < 300"}, {&out.denied, "denied", t.Denied, "status == 403"},
		{&out.gone, "gone", t.Gone, "status == 404"}, {&out.changed, "changed", t.Changed, "status == 412"},
	} {
		if of.text == "" {
			of.text = of.unstated
		}
		*of.into = c.compile(at+"."+of.name, of.text, inAnswer, cel.BoolType)
	}
	return out
}
