package rest

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // a time zone in a description must mean the same on every machine

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

const (
	maxDescription = 256 << 10 // bytes
	maxNesting     = 20
	maxBlanks      = 100 // empty lines in a row, over which the YAML library needs quadratic time
)

// document is a description as it is written. Expressions are CEL; what they can
// read is said by scope. Templates hold places in braces.
type document struct {
	Name     string                 `yaml:"name"`  // required
	Title    string                 `yaml:"title"` // the name of the product, for messages
	About    string                 `yaml:"about"` // what is read, and the rights that it takes
	Settings map[string]settingText `yaml:"settings"`
	// Auth lists ways to authenticate; the first whose fields are all given is used.
	Auth              []authText        `yaml:"auth"`
	Headers           map[string]string `yaml:"headers"` // sent with every request
	RequestsPerMinute int               `yaml:"requests_per_minute"`
	HTMLEntities      bool              `yaml:"html_entities"` // whether texts come escaped for HTML
	Placeholders      []string          `yaml:"placeholders"`  // texts in place of values that the account may not read; templates
	Dates             []string          `yaml:"dates"`         // layouts as in Go, in addition to RFC 3339 and 2006-01-02
	TimeZone          string            `yaml:"time_zone"`     // of times without one; a template, UTC if empty
	Errors            []errorText       `yaml:"errors"`        // answers that report an error with a status of success
	Assets            *assetsText       `yaml:"assets"`        // assets, people or reviews are required
	States            map[string]string `yaml:"states"`        // the system's word -> our state
	Tasks             *tasksText        `yaml:"tasks"`
	Reviews           *reviewsText      `yaml:"reviews"`
	People            *peopleText       `yaml:"people"`
	Teams             *peopleText       `yaml:"teams"`
	Accounts          *accountsText     `yaml:"accounts"`
	Kinds             map[string]string `yaml:"kinds"`    // the system's word -> our kind of owner
	Statuses          map[string]string `yaml:"statuses"` // the system's word -> our status of owners
}

// settingText declares what the user may set: settings.<name> in expressions and
// templates.
type settingText struct {
	About   string `yaml:"about"`
	Default string `yaml:"default"`
	Pattern string `yaml:"pattern"` // a regular expression that the whole value must match
}

// authText is a way to authenticate: by headers with the fields of the
// configuration in them, by HTTP Basic, or by headers with a {session} in them
// that a login gives.
type authText struct {
	Fields   []string          `yaml:"fields"`
	Optional []string          `yaml:"optional"` // a header with a field that is not given is left out
	Basic    bool              `yaml:"basic"`    // two fields are user name and password, one is a key in place of the user name
	Headers  map[string]string `yaml:"headers"`  // templates over the fields
	Login    *loginText        `yaml:"login"`
}

// loginText is a request whose answer holds a token. Its templates know the fields,
// {login}, which is the address of the request, and of a field that holds a JSON
// object its members as {field.member}, of one that holds a certificate
// {field.sha256}, its thumbprint.
type loginText struct {
	URL       string            `yaml:"url"`    // template: the server, if it is another one; url of the block if empty
	Method    string            `yaml:"method"` // GET or POST
	Path      string            `yaml:"path"`
	Basic     bool              `yaml:"basic"`     // the two fields are sent as user name and password
	Headers   map[string]string `yaml:"headers"`   // templates, sent with the login only
	Form      map[string]string `yaml:"form"`      // templates, in the body
	Assertion *assertionText    `yaml:"assertion"` // what {assertion} is in the form and the headers
	Token     string            `yaml:"token"`     // expression over the answer
}

// assertionText describes a signed login statement (RFC 7523). It holds the
// claims, the time of issue, the expiry and a number that is used once.
type assertionText struct {
	Key       string            `yaml:"key"`       // the field with the private key: PEM, or a JSON object with one in private_key
	Algorithm string            `yaml:"algorithm"` // RS256, PS256 or ES256
	Header    map[string]string `yaml:"header"`    // templates
	Claims    map[string]string `yaml:"claims"`    // templates
}

type errorText struct {
	When    string `yaml:"when"`    // condition over the answer
	Message string `yaml:"message"` // expression over the answer
}

type assetsText struct {
	ID     string            `yaml:"id"`  // expression over an item
	Key    string            `yaml:"key"` // expression over an item: unique for each row, if ids may repeat
	Get    []getText         `yaml:"get"` // the first that applies is used; without any, the list is
	List   []listText        `yaml:"list"`
	Hides  *bool             `yaml:"hides"`  // the lists may leave out what get shows; true if unstated
	Owner  *ownerText        `yaml:"owner"`  // how to look up an owner to whom an item only refers
	Fields map[string]string `yaml:"fields"` // field -> expression over an item
}

// getText requests one asset, or the entries that one key names: by a path,
// whose answer is an item, or by a query, whose answer is a list of items.
type getText struct {
	When     string           `yaml:"when"`     // condition over the settings
	Possible string           `yaml:"possible"` // condition over the id or key: the look-up finds nothing by others
	Askable  string           `yaml:"askable"`  // condition over the id or key: others cannot be sent safely and are looked up in the list
	Path     string           `yaml:"path"`     // template with {id}, or {key} for people
	Query    map[string]texts `yaml:"query"`    // likewise
	Body     string           `yaml:"body"`     // as of a list
	// NotFound recognises the answer for an asset that does not exist; with item
	// it is required.
	NotFound string      `yaml:"not_found"`
	Item     string      `yaml:"item"`  // expression over the answer
	Items    string      `yaml:"items"` // likewise, a list
	Total    string      `yaml:"total"` // likewise, the number of rows
	Paging   *pagingText `yaml:"paging"`
	// By is, for people and teams, an expression over an item: the key by which this
	// look-up finds it. An empty result is trusted only after the look-up has found
	// an existing entry by this key. Without By, an empty result is never trusted,
	// and the list is used.
	By string `yaml:"by"`
	// Wide says that a look-up of people or teams also finds entries with similar
	// keys. These are ignored.
	Wide bool `yaml:"wide"`
}

type listText struct {
	When   string           `yaml:"when"`
	Path   string           `yaml:"path"`
	Query  map[string]texts `yaml:"query"`
	Body   string           `yaml:"body"` // expression: a search that is sent by POST, as JSON; by GET without
	Items  string           `yaml:"items"`
	Total  string           `yaml:"total"`
	Count  *countText       `yaml:"count"` // if the total is not in the list
	Paging *pagingText      `yaml:"paging"`
	// Trash says that a list of people or teams shows recently deleted entries. It
	// is read before an owner counts as absent.
	Trash bool `yaml:"trash"`
	// Mark is added to every row of the list, as its member "@mark", if rows do not
	// say from which of several lists they come.
	Mark string `yaml:"mark"`

	notFound string // only of a search, or of what is related to an entry
}

// countText requests the number of all rows of a list, with a separate request.
type countText struct {
	Path  string           `yaml:"path"`
	Query map[string]texts `yaml:"query"`
	Body  string           `yaml:"body"`  // as of a list
	Total string           `yaml:"total"` // expression over the answer
}

// texts is one text or a list of them: a parameter of a query may come several
// times.
type texts []string

// UnmarshalYAML reads a text or a list of texts.
func (t *texts) UnmarshalYAML(read func(any) error) error {
	var one string
	if err := read(&one); err == nil {
		*t = texts{one}
		return nil
	}
	return read((*[]string)(t))
}

// pagingText turns pages by counting ({offset}, {limit}, {last} or {page} in the
// query, which takes a total or count), by a link or by a {cursor}.
type pagingText struct {
	Size   int              `yaml:"size"`       // rows asked for a page
	First  int              `yaml:"first_page"` // the number of the first page
	Query  map[string]texts `yaml:"query"`      // templates
	Next   string           `yaml:"next"`       // expression over the answer: the link, empty or null at the end
	Cursor string           `yaml:"cursor"`     // likewise
}

type tasksText struct {
	When   string            `yaml:"when"`
	Get    listText          `yaml:"get"`     // {id} is the asset
	Ask    string            `yaml:"askable"` // condition over the id: the tasks of other assets are looked up in the list
	List   []listText        `yaml:"list"`    // together, the tasks of all assets; without any, the tasks of each asset are requested
	Hides  *bool             `yaml:"hides"`   // the lists may leave out what get shows; true if unstated
	Fields map[string]string `yaml:"fields"`  // id, kind and asset are required
	Kinds  map[string]string `yaml:"kinds"`   // the system's word -> kind; tasks of other kinds are not read
}

// hides reports whether lists may leave rows out. Unless the description says
// that they do not, a missing row proves nothing.
func hides(stated *bool) bool { return stated == nil || *stated }

//go:embed descriptions/*.yaml
var shipped embed.FS

// Shipped returns the descriptions that come with the provider: one file for
// each kind, <kind>.yaml.
func Shipped() fs.FS {
	descriptions, err := fs.Sub(shipped, "descriptions")
	if err != nil {
		panic("rest: " + err.Error()) // the name of the folder is a valid path
	}
	return descriptions
}

// Described returns the kinds that a folder of descriptions holds, sorted.
func Described(descriptions fs.FS) ([]string, error) {
	files, err := fs.Glob(descriptions, "*.yaml")
	for i, f := range files {
		files[i] = strings.TrimSuffix(f, ".yaml")
	}
	return files, err
}

// Description returns the text that describes a kind.
func Description(descriptions fs.FS, kind string) (string, error) {
	text, err := fs.ReadFile(descriptions, kind+".yaml")
	return string(text), err
}

// read parses a description in YAML or JSON.
func (c *checker) read(text string) *document {
	if message := tooMuch(text); message != "" {
		c.problem("", message)
		return nil
	}
	parsed, err := parser.ParseBytes([]byte(text), 0)
	if err == nil {
		switch {
		case len(parsed.Docs) != 1 || parsed.Docs[0].Body == nil:
			err = errors.New("one YAML document is accepted")
		case parsed.Docs[0].Body.Type() != ast.MappingType:
			err = errors.New("a mapping is accepted")
		default:
			err = forbidden(parsed.Docs[0].Body)
		}
	}
	if err != nil {
		c.problem("", "The description is not accepted: "+system.Clean(oneLine(err)))
		return nil
	}
	var d document
	if err := yaml.NewDecoder(strings.NewReader(text), yaml.Strict()).Decode(&d); err != nil && !errors.Is(err, io.EOF) {
		c.problem("", "The description is not accepted: "+system.Clean(oneLine(err)))
		return nil
	}
	return &d
}

// tooMuch refuses texts that would take the YAML library too long.
func tooMuch(text string) string {
	if len(text) > maxDescription {
		return fmt.Sprintf("The description has %d bytes; at most 256 KiB are accepted.", len(text))
	}
	if strings.TrimSpace(text) == "" {
		return "The description is empty."
	}
	blanks, open := 0, 0
	for line := range strings.Lines(text) {
		content := strings.TrimSpace(line)
		if blanks++; content != "" && content[0] != '#' {
			blanks = 0
		}
		if indent := len(line) - len(strings.TrimLeft(line, " -?:\t")); blanks > maxBlanks || indent > 4*maxNesting {
			return "The description is not accepted: too many empty lines in a row, or too deep an indentation."
		}
		for _, r := range content {
			switch r {
			case '[', '{':
				open++
			case ']', '}':
				open = max(0, open-1)
			}
		}
		if open > 20*maxNesting {
			return "The description is not accepted: it is nested too deeply."
		}
	}
	return ""
}

// forbidden refuses YAML whose meaning is not visible in the text.
func forbidden(n ast.Node) error {
	v := &yamlChecker{}
	ast.Walk(v, n)
	return v.err
}

type yamlChecker struct{ err error }

func (s *yamlChecker) Visit(n ast.Node) ast.Visitor {
	switch n.Type() {
	case ast.AnchorType, ast.AliasType, ast.MergeKeyType, ast.TagType:
		s.err = fmt.Errorf("line %d: anchors, aliases, merge keys and tags are not accepted", n.GetToken().Position.Line)
	}
	if s.err != nil {
		return nil
	}
	return s
}

// oneLine returns the first line of an error of the YAML library, which goes on
// to draw the place.
func oneLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// checker collects what is wrong with a description and what was configured.
type checker struct {
	config   *Config
	settings map[string]settingText
	values   map[string]string
	problems []system.Problem
}

func (c *checker) problem(at, message string) {
	c.problems = append(c.problems, system.Problem{Attribute: "description", Key: at, Message: message})
}

func (c *checker) configProblem(attribute, key, message string) {
	c.problems = append(c.problems, system.Problem{Attribute: attribute, Key: key, Message: message})
}

func (c *checker) declared(setting string) bool {
	_, ok := c.settings[setting]
	return ok
}

func (c *checker) setting(name string) string { return c.values[name] }

func (c *checker) settingPlaces() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(c.settings)) {
		out = append(out, "settings."+name)
	}
	return out
}

// takeSettings joins what the description declares and the user set.
func (c *checker) takeSettings(declared map[string]settingText) {
	c.settings = declared
	c.values = make(map[string]string, len(declared))
	for _, name := range slices.Sorted(maps.Keys(c.config.Settings)) {
		if !c.declared(name) {
			c.configProblem("settings", name, fmt.Sprintf("There is no such setting. Accepted: %s.", listed(slices.Sorted(maps.Keys(declared)))))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		s := declared[name]
		value, set := c.config.Settings[name]
		if !set {
			value = s.Default
		}
		pattern, err := regexp.Compile("^(?:" + s.Pattern + ")$")
		if err != nil {
			c.problem("settings."+name+".pattern", "The pattern is not a regular expression.")
		} else if s.Pattern != "" && !pattern.MatchString(value) {
			if set {
				c.configProblem("settings", name, fmt.Sprintf("The value does not match %s.", s.Pattern))
			} else {
				c.configProblem("settings", name, "It must be set: "+s.About)
			}
		}
		c.values[name] = value
	}
}

// words joins the word maps of the description and of the user into one, folded.
func words[T any](c *checker, attribute, at string, described, configured map[string]string, parse func(string) (T, error), accepted []string) map[string]T {
	out := make(map[string]T)
	for i, m := range []map[string]string{described, configured} {
		for _, word := range slices.Sorted(maps.Keys(m)) {
			value, err := parse(m[word])
			if err == nil && fold(word) != "" {
				out[fold(word)] = value
				continue
			}
			message := fmt.Sprintf("%q is not accepted there. Accepted: %s.", m[word], strings.Join(accepted, ", "))
			if err == nil {
				message = "The word of the system must not be empty."
			}
			if i == 0 {
				c.problem(at+"."+word, message)
			} else {
				c.configProblem(attribute, word, message)
			}
		}
	}
	return out
}

func fold(word string) string { return system.Fold(system.Clean(word)) }

func stateWords(c *checker, described map[string]string) map[string]lifecycle.State {
	return words(c, "states", "states", described, c.config.States, lifecycle.ParseState, lifecycle.States())
}

// zone returns the time zone of times that state none.
func (c *checker) zone(text string) *time.Location {
	name := c.template("time_zone", text).fill(nil)
	if name == "" {
		return time.UTC
	}
	if name == "Local" {
		c.problem("time_zone", "Local is not accepted, because the result would depend on this machine. Write the name of a time zone.")
		return time.UTC
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		c.problem("time_zone", fmt.Sprintf("There is no time zone %q.", name))
		return time.UTC
	}
	return zone
}
