package rest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"

	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// reviewsText describes a queue of reviews. Requests know {id}, the case, or {key} and
// {mark}: the key, and a word made of it that is a label in any tracker.
type reviewsText struct {
	When     string            `yaml:"when"`
	Needs    []needText        `yaml:"needs"`    // what must be set up in the system
	Find     listText          `yaml:"find"`     // {key} or {mark}: the cases with the key
	Listed   listedText        `yaml:"listed"`   // all cases, to be listed
	Answer   []string          `yaml:"answer"`   // how a reviewer confirms, rejects and hands over: sentences, templates
	Shows    *listText         `yaml:"shows"`    // must show a row before a missing case counts, if what is hidden is left out
	One      oneText           `yaml:"one"`      // {id}: one case
	Fields   map[string]string `yaml:"fields"`   // over an item of find, of one, or over what the last request of open has made
	Due      string            `yaml:"due"`      // how exactly the queue holds when a case is due: second, day or never
	Markup   string            `yaml:"markup"`   // how texts are kept from being read as commands: markdown, jira, servicenow or plain
	Reviewer string            `yaml:"reviewer"` // by what the queue knows people: user or email
	// Reviewers are those who can be given a case. A request may ask for one of them, {reviewer}.
	Reviewers reviewersText `yaml:"reviewers"`
	// Answers are the events of a case, {id}, from which is read who confirmed or rejected
	// it: the last event with the status of the case counts. Notes are its comments.
	Answers eventsText `yaml:"answers"`
	Notes   eventsText `yaml:"notes"`

	Open     []actText `yaml:"open"` // their bodies read made, the answer of the request before
	Assign   []actText `yaml:"assign"`
	Comment  []actText `yaml:"comment"`
	Withdraw []actText `yaml:"withdraw"`
}

// needText is something that must be set up: a list with a row of which has holds.
type needText struct {
	List    listText `yaml:"list"`
	Has     string   `yaml:"has"`     // condition over an item
	Message string   `yaml:"message"` // what is missing, and how it is set up: a template
}

// listedText are the lists of cases. Rows that are no cases of custody may be among them.
type listedText struct {
	Open listText `yaml:"open"` // those that are open
	// Changed are those that have changed since {since}, an instant. {since_day} is the
	// day before, for a system that reads it in a time zone of its own.
	Changed listText `yaml:"changed"`
}

type reviewersText struct {
	List    listText `yaml:"list"`
	Askable string   `yaml:"askable"` // condition over key: whether {reviewer} can be sent safely; others are not known to the queue
	Name    string   `yaml:"name"`    // expression over an item: by what the queue shows them
	Value   string   `yaml:"value"`   // likewise: by what a case is given to them
}

type oneText struct {
	Path     string           `yaml:"path"`
	Query    map[string]texts `yaml:"query"`
	NotFound string           `yaml:"not_found"`
	Item     string           `yaml:"item"`
}

type eventsText struct {
	List   []listText        `yaml:"list"`
	Fields map[string]string `yaml:"fields"` // answers: by, at, status; notes: by, at, text
}

// actText is a request that changes something. It is sent once.
type actText struct {
	Method string           `yaml:"method"`
	Path   string           `yaml:"path"`
	Query  map[string]texts `yaml:"query"`
	Body   string           `yaml:"body"`   // expression over case and made
	Item   string           `yaml:"item"`   // expression over the answer: what was made; the whole body if unstated
	Done   string           `yaml:"done"`   // condition over the answer: the change was made
	Denied string           `yaml:"denied"` // likewise: a right is missing; status 403 if unstated
	Right  string           `yaml:"right"`  // that right, and where it is given: a template
}

// The fields of a case, of an answer and of a note.
var (
	caseFields = map[string][]*cel.Type{
		"id": scalars, "keys": {cel.ListType(cel.DynType)}, "status": scalars, "assignee": scalars, "due": scalars, "url": scalars, "opener": scalars,
		"changed": scalars, "text": scalars, "opened": scalars,
	}
	answerFields = map[string][]*cel.Type{"by": scalars, "at": scalars, "status": scalars}
	noteFields   = map[string][]*cel.Type{"by": scalars, "at": scalars, "text": scalars}
)

// The names by which requests refer to a case.
const (
	markPlace     = "mark"
	reviewerPlace = "reviewer"
	sincePlace    = "since"
	sinceDayPlace = "since_day"
)

// reviewRules says how cases are asked for, read and changed.
type reviewRules struct {
	needs           []need
	find, shows     *listing
	open, changed   *listing // of cases, to be listed
	answer          []string
	one             question
	oneMissing, got *expression
	fields          map[string]*expression
	due             system.DueUnit
	markup          func(string) string
	byEmail         bool
	answers, notes  events
	known           *listing    // who can be given a case
	askable         *expression // whether a name can be sent to known
	name, value     *expression
	acts            map[string][]act
	reviewers       map[string]string // folded key of a person -> name in the queue
	people          map[string]string // folded name in the queue -> key of the person
}

type need struct {
	list    *listing
	has     *expression
	message string
}

type events struct {
	lists  []*listing
	fields map[string]*expression
}

type act struct {
	question
	method             string
	item, done, denied *expression
	right              string
}

// The names of acts.
const (
	actOpen     = "open"
	actAssign   = "assign"
	actComment  = "comment"
	actWithdraw = "withdraw"
)

// reviews compiles the rules of reviews; nil if there are none.
func (c *checker) reviews(t *reviewsText) *reviewRules {
	if t == nil {
		if len(c.config.Reviewers) > 0 {
			c.configProblem("reviewers", "", "The description holds no reviews.")
		}
		return nil
	}
	const at = "reviews"
	use := c.applies(at, t.When)
	r := &reviewRules{
		find: c.listing(at+".find", &t.Find, keyPlace, markPlace), fields: c.fields(at+".fields", t.Fields, caseFields),
		one: c.question(at+".one", t.One.Path, t.One.Query, "", idPlace), oneMissing: c.compile(at+".one.not_found", t.One.NotFound, inAnswer, cel.BoolType),
		got:     c.compile(at+".one.item", t.One.Item, inAnswer),
		answers: c.events(at+".answers", &t.Answers, answerFields), notes: c.events(at+".notes", &t.Notes, noteFields), byEmail: t.Reviewer == "email",
		known: c.listing(at+".reviewers.list", &t.Reviewers.List, reviewerPlace),
		open:  c.listing(at+".listed.open", &t.Listed.Open), changed: c.listing(at+".listed.changed", &t.Listed.Changed, sincePlace, sinceDayPlace),
		name: c.compile(at+".reviewers.name", t.Reviewers.Name, inItem, scalars...), value: c.compile(at+".reviewers.value", t.Reviewers.Value, inItem, scalars...),
		acts: make(map[string][]act),
	}
	if t.Reviewers.Askable != "" {
		r.askable = c.compile(at+".reviewers.askable", t.Reviewers.Askable, inID, cel.BoolType)
	}
	if t.Shows != nil {
		r.shows = c.listing(at+".shows", t.Shows)
	}
	for i := range t.Needs {
		where := fmt.Sprintf("%s.needs[%d]", at, i)
		n := &t.Needs[i]
		r.needs = append(r.needs, need{
			list: c.listing(where+".list", &n.List), has: c.compile(where+".has", n.Has, inItem, cel.BoolType), message: c.template(where+".message", n.Message).fill(nil),
		})
	}
	if len(t.Answer) == 0 {
		c.problem(at+".answer", "A sentence is required that tells reviewers how to answer.")
	}
	for i, sentence := range t.Answer {
		r.answer = append(r.answer, c.template(fmt.Sprintf("%s.answer[%d]", at, i), sentence).fill(nil))
	}
	for _, name := range []string{"id", "keys", "status", "assignee", "opener", "changed", "text"} {
		if t.Fields[name] == "" {
			c.problem(at+".fields."+name, "It is required.")
		}
	}
	for name, texts := range map[string][]actText{actOpen: t.Open, actAssign: t.Assign, actComment: t.Comment, actWithdraw: t.Withdraw} {
		if len(texts) == 0 {
			c.problem(at+"."+name, "A request is required.")
		}
		for i := range texts {
			r.acts[name] = append(r.acts[name], c.act(fmt.Sprintf("%s.%s[%d]", at, name, i), name, &texts[i]))
		}
	}
	r.due, r.markup = c.dueUnit(at, t.Due), c.markup(at, t.Markup)
	if !slices.Contains([]string{"user", "email"}, t.Reviewer) {
		c.problem(at+".reviewer", "Accepted: user, email.")
	}
	c.takeReviewers(r)
	if !use {
		return nil
	}
	return r
}

func (c *checker) events(at string, t *eventsText, known map[string][]*cel.Type) events {
	out := events{fields: c.fields(at+".fields", t.Fields, known)}
	for i := range t.List {
		if l := c.listing(fmt.Sprintf("%s.list[%d]", at, i), &t.List[i], idPlace); l != nil {
			out.lists = append(out.lists, l)
		}
	}
	for name := range known {
		if t.Fields[name] == "" {
			c.problem(at+".fields."+name, "It is required.")
		}
	}
	if len(t.List) == 0 {
		c.problem(at+".list", "A list is required.")
	}
	return out
}

func (c *checker) act(at, name string, t *actText) act {
	places := []string{idPlace}
	if name == actOpen {
		places = []string{keyPlace, markPlace}
	}
	a := act{
		question: question{path: c.path(at+".path", t.Path, places...), query: c.query(at+".query", t.Query, places...)},
		method:   t.Method, right: c.template(at+".right", t.Right).fill(nil),
	}
	if !slices.Contains([]string{"POST", "PUT", "PATCH"}, t.Method) {
		c.problem(at+".method", "Accepted: POST, PUT, PATCH.")
	}
	if t.Right == "" {
		c.problem(at+".right", "It is required: the right that the request takes.")
	}
	if t.Body == "" {
		c.problem(at+".body", "It is required.")
	} else {
		a.body = c.compile(at+".body", t.Body, inCase, cel.MapType(cel.StringType, cel.DynType))
	}
	denied := t.Denied
	if denied == "" {
		denied = "status == 403"
	}
	if t.Item != "" {
		a.item = c.compile(at+".item", t.Item, inAnswer)
	}
	a.done = c.compile(at+".done", t.Done, inAnswer, cel.BoolType)
	a.denied = c.compile(at+".denied", denied, inAnswer, cel.BoolType)
	return a
}

func (c *checker) dueUnit(at, word string) system.DueUnit {
	units := map[string]system.DueUnit{"second": system.DueSecond, "day": system.DueDay, "never": system.DueNever}
	unit, known := units[word]
	if !known {
		c.problem(at+".due", "Accepted: second, day, never.")
	}
	return unit
}

func (c *checker) markup(at, word string) func(string) string {
	kinds := map[string]func(string) string{"markdown": fenced, "jira": unformatted, "servicenow": withoutCode, "plain": func(text string) string { return text }}
	f, known := kinds[word]
	if !known {
		c.problem(at+".markup", "Accepted: markdown, jira, servicenow, plain.")
	}
	return f
}

// takeReviewers reads how the queue names people.
func (c *checker) takeReviewers(r *reviewRules) {
	r.reviewers, r.people = make(map[string]string), make(map[string]string)
	for key, name := range c.config.Reviewers {
		switch _, twice := r.people[system.Fold(name)]; {
		case strings.TrimSpace(key) == "" || strings.TrimSpace(name) == "":
			c.configProblem("reviewers", key, "Neither the person nor the name in the queue may be empty.")
		case twice:
			c.configProblem("reviewers", key, fmt.Sprintf("%q stands for another person already.", name))
		}
		r.reviewers[system.Fold(key)], r.people[system.Fold(name)] = name, key
	}
}

// fenced makes a text a block of code in Markdown: names in it notify nobody, and
// nothing in it is a command, a link or an image.
func fenced(text string) string {
	longest, run := 2, 0
	for _, r := range text {
		if run++; r != '`' {
			run = 0
		}
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	return fence + "text\n" + strings.TrimRight(text, "\n") + "\n" + fence
}

// unformatted makes a text one that Jira does not format.
func unformatted(text string) string {
	return "{noformat}\n" + strings.ReplaceAll(text, "{noformat}", "{ noformat }") + "\n{noformat}"
}

// serviceNowMarks are what ServiceNow reads in a text: the ends of a part that is HTML,
// and the beginning of a mention, which notifies a user.
var serviceNowMarks = regexp.MustCompile(`(?i)\[(/?code)\]|@\[`)

// withoutCode keeps ServiceNow from reading a part of a text as HTML, and from notifying
// those whom it names.
func withoutCode(text string) string {
	return serviceNowMarks.ReplaceAllStringFunc(text, func(found string) string {
		if found == "@[" {
			return "@ ["
		}
		return "[ " + strings.Trim(found, "[]") + " ]"
	})
}
