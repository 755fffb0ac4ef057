package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
)

// recording is a file testdata/<description>/recorded.yaml. A description is
// tested by adding one; no code is needed.
type recording struct {
	Origin   string            `yaml:"origin"`
	Secrets  map[string]string `yaml:"secrets"`
	Settings map[string]string `yaml:"settings"`
	States   map[string]string `yaml:"states"`
	PageSize int               `yaml:"page_size"`
	Present  string            `yaml:"present"` // an asset
	Absent   string            `yaml:"absent"`
	Here     string            `yaml:"here"`   // a key of somebody
	Nobody   string            `yaml:"nobody"` // a key of nobody
	Answers  []recorded        `yaml:"answers"`
	Cases    []recordedCase    `yaml:"cases"`
}

type recorded struct {
	Request string            `yaml:"request"` // "GET /path?query"; the order of the query does not matter
	Sent    map[string]string `yaml:"sent"`    // headers that must come with it
	Form    string            `yaml:"form"`    // the body that must
	JSON    any               `yaml:"json"`    // the body for which it is the answer
	Status  int               `yaml:"status"`
	Header  map[string]string `yaml:"header"`
	Body    any               `yaml:"body"`
	Once    bool              `yaml:"once"` // a later request gets the next answer that fits
}

type recordedCase struct {
	Name        string            `yaml:"name"`
	Settings    map[string]string `yaml:"settings"`
	Secrets     map[string]string `yaml:"secrets"` // in place of those of the recording
	States      map[string]string `yaml:"states"`
	TaskKinds   map[string]string `yaml:"task_kinds"`
	Answers     []recorded        `yaml:"answers"` // before those of the recording
	Asset       string            `yaml:"asset"`
	Tasks       string            `yaml:"tasks"`
	List        bool              `yaml:"list"`
	Person      string            `yaml:"person"`     // a key
	Members     string            `yaml:"members"`    // of a team
	Everybody   bool              `yaml:"everybody"`  // the list of people and teams
	OpenTasks   bool              `yaml:"open_tasks"` // the list of them; tasks is an asset that is also read singly
	Review      *recordedReview   `yaml:"review"`
	Account     *recordedAccount  `yaml:"account"`
	Want        []map[string]any  `yaml:"want"`        // records, tasks or people
	Unavailable string            `yaml:"unavailable"` // what the fault must say
	Requests    []string          `yaml:"requests"`    // all that was sent, in order
}

func readRecording(t *testing.T, path string) *recording {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	if err := yaml.UnmarshalWithOptions(text, &r, yaml.Strict()); err != nil {
		t.Fatal(path, err)
	}
	return &r
}

// canonical sorts the query of a request.
func canonical(t *testing.T, request string) string {
	t.Helper()
	method, target, _ := strings.Cut(request, " ")
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(method+" "+u.EscapedPath()+"?"+u.Query().Encode(), "?")
}

// player answers what was recorded.
type player struct {
	t       *testing.T
	answers []recorded
	// loose makes it forget the query, as a server does that ignores filters and
	// paging.
	loose bool
	// less takes the last row out of every list that is shorter than this: the
	// last page, of which a server shows less than it counts.
	less int
}

func (p *player) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	got := canonical(p.t, r.Method+" "+r.URL.RequestURI())
	body, err := io.ReadAll(r.Body)
	if err != nil {
		p.t.Error(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	for i, a := range p.answers {
		want := canonical(p.t, a.Request)
		if p.loose {
			want, _, _ = strings.Cut(want, "?")
			got, _, _ = strings.Cut(got, "?")
		}
		if got == want && (p.loose || a.JSON == nil || sameJSON(p.t, body, a.JSON)) {
			if a.Once {
				p.answers = slices.Delete(p.answers, i, i+1)
			}
			p.play(w, r, &a)
			return
		}
	}
	if !p.loose {
		p.t.Errorf("there is no answer for %s %s", got, body)
	}
	w.WriteHeader(http.StatusTeapot)
}

// sameJSON reports whether a body is the JSON of a value.
func sameJSON(t *testing.T, body []byte, want any) bool {
	t.Helper()
	text, err := json.Marshal(want)
	var a, b any
	if err != nil || json.Unmarshal(text, &b) != nil {
		t.Fatalf("%v cannot be sent", want)
	}
	return json.Unmarshal(body, &a) == nil && reflect.DeepEqual(a, b)
}

func (p *player) play(w http.ResponseWriter, r *http.Request, a *recorded) {
	for name, want := range a.Sent {
		if got := r.Header.Get(name); got != want {
			p.t.Errorf("%s was sent with %s: %q, want %q", a.Request, name, got, want)
		}
	}
	if a.Form != "" {
		if err := r.ParseForm(); err != nil || r.PostForm.Encode() != a.Form {
			p.t.Errorf("%s was sent with the form %q, want %q", a.Request, r.PostForm.Encode(), a.Form)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	for name, value := range a.Header {
		w.Header().Set(name, strings.ReplaceAll(value, "{server}", "http://"+r.Host))
	}
	if a.Status != 0 {
		w.WriteHeader(a.Status)
	}
	body := shortened(a.Body, p.less)
	if text, ok := body.(string); ok {
		fmt.Fprint(w, text)
		return
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		p.t.Error(err)
	}
	_, _ = w.Write(bytes.ReplaceAll(out.Bytes(), []byte("{server}"), []byte("http://"+r.Host)))
}

// shortened takes the last row out of the lists in an answer that have fewer.
func shortened(body any, than int) any {
	switch b := body.(type) {
	case []any:
		if len(b) > 0 && len(b) < than {
			return b[:len(b)-1]
		}
	case map[string]any:
		out := make(map[string]any)
		for k, v := range b {
			out[k] = shortened(v, than)
		}
		return out
	}
	return body
}

func (r *recording) open(t *testing.T, name, base string, change ...func(*Config)) *System {
	t.Helper()
	settings := maps.Clone(r.Settings)
	for name, value := range settings {
		settings[name] = strings.ReplaceAll(value, "{server}", base)
	}
	c := Config{
		Name: "hq", Kind: name, URL: base, Secrets: r.secrets(t), Settings: settings, States: r.States, PageSize: r.PageSize,
		RequestsPerMinute: -1, Retries: 1, Wait: impatient,
	}
	return mustNew(t, c, change)
}

// leftOut reports whether a short run leaves a description out. Each takes seconds under
// the race detector, and only the code that reads them can have a race; those that are
// left in log in, page and count in different ways.
func leftOut(kind string) bool {
	return testing.Short() && !slices.Contains([]string{"snipeit", "glpi", "okta"}, kind)
}

func TestRecordedAnswers(t *testing.T) {
	files, err := filepath.Glob("testdata/*/recorded.yaml")
	if kinds := shippedKinds(t); err != nil || len(files) != len(kinds) {
		t.Fatalf("%d recordings for %d descriptions, %v", len(files), len(kinds), err)
	}
	for _, file := range files {
		name := filepath.Base(filepath.Dir(file))
		if leftOut(name) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			r := readRecording(t, file)
			about, err := AboutOf(describing(t, name))
			if err != nil || r.Origin == "" || about.Assets && (r.Present == "" || r.Absent == "") || about.People && (r.Here == "" || r.Nobody == "") {
				t.Fatal("the recording does not say where it comes from, or what is present and absent", err)
			}
			for _, c := range r.Cases {
				t.Run(c.Name, func(t *testing.T) { r.play(t, name, &c) })
			}
			if about.Assets {
				t.Run("listed as read", func(t *testing.T) { r.listedAsRead(t, name) })
				t.Run("broken", func(t *testing.T) { r.broken(t, name) })
			}
			if about.People {
				t.Run("people listed as read", func(t *testing.T) { r.peopleListedAsRead(t, name) })
				t.Run("people of a broken server", func(t *testing.T) { r.brokenDirectory(t, name) })
			}
		})
	}
}

// listedAsRead compares what a list and a single read tell of one asset.
func (r *recording) listedAsRead(t *testing.T, name string) {
	url := systemtest.ServeHTTP(t, &player{t: t, answers: r.Answers})
	s := r.open(t, name, url)
	size := r.PageSize
	if size == 0 {
		size = s.lists[0].paging.size
	}
	want := system.Listing{PageSize: size, Hides: true}
	if s.get == nil {
		want = system.Listing{} // nothing is read singly
	}
	if got := system.ListingOf(s, system.CanReadAssets); got != want {
		t.Errorf("the list is described as %+v, want %+v", got, want)
	}
	var listed []lifecycle.Record
	for record, err := range s.Assets(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if record.ID == r.Present {
			listed = append(listed, record)
		}
	}
	read, err := r.open(t, name, url).Asset(t.Context(), r.Present)
	if err != nil {
		t.Fatal(err)
	}
	wantShape(t, shape(t, listed), shape(t, read))
}

// tasksListedAsRead compares what a list and a single read tell of the tasks of
// one asset.
func tasksListedAsRead(t *testing.T, s *System, open []system.AssetTask, asset string) {
	t.Helper()
	var listed []lifecycle.Task
	for _, task := range open {
		if task.Asset == asset {
			listed = append(listed, task.Task)
		}
	}
	read, err := s.Tasks(t.Context(), asset)
	if err != nil {
		t.Fatal(err)
	}
	wantShape(t, shape(t, listed), shape(t, read))
}

func (r *recording) play(t *testing.T, name string, c *recordedCase) {
	all := append(slices.Clip(c.Answers), r.Answers...)
	player := &player{t: t, answers: all}
	recorder := &systemtest.Recorder{Handler: player}
	base := systemtest.ServeHTTP(t, recorder)
	s := r.open(t, name, base, func(conf *Config) { c.configure(t, conf, base) })
	var got []map[string]any
	var err error
	switch {
	case c.Review != nil:
		got, err = c.Review.play(t, s)
	case c.Account != nil:
		got, err = c.Account.play(t, s, player)
	case c.OpenTasks:
		var open []system.AssetTask
		open, err = readAll(t, s.OpenTasks(t.Context()))
		got = shape(t, open)
		if c.Tasks != "" {
			tasksListedAsRead(t, s, open, c.Tasks)
		}
	case c.Tasks != "":
		var tasks []lifecycle.Task
		tasks, err = s.Tasks(t.Context(), c.Tasks)
		got = shape(t, tasks)
	case c.Person != "":
		var people []lifecycle.Person
		people, err = s.Person(t.Context(), c.Person)
		got = shape(t, people)
	case c.Members != "":
		var people []lifecycle.Person
		people, err = s.Members(t.Context(), c.Members)
		got = shape(t, people)
	case c.Everybody:
		var all []system.Entry
		all, err = readAll(t, s.ListPeople(t.Context()))
		got = shape(t, all)
	case c.List:
		var records []lifecycle.Record
		records, err = readAll(t, s.Assets(t.Context()))
		got = shape(t, records)
	default:
		var records []lifecycle.Record
		records, err = s.Asset(t.Context(), c.Asset)
		got = shape(t, records)
	}
	var sent []string
	for _, request := range recorder.Requests() {
		sent = append(sent, canonical(t, request.Method+" "+request.URL.RequestURI()))
	}
	for i := range c.Requests {
		c.Requests[i] = canonical(t, c.Requests[i])
	}
	if c.Requests != nil && !slices.Equal(sent, c.Requests) {
		t.Errorf("sent %q, want %q", sent, c.Requests)
	}
	if c.Unavailable != "" {
		systemtest.WantUnavailable(t, len(got), err)
		var f *fault.Fault
		if errors.As(err, &f) && !strings.Contains(f.Detail(), c.Unavailable) {
			t.Errorf("the fault does not say %q: %s", c.Unavailable, f.Detail())
		}
		for field, secret := range s.config.Secrets {
			if f != nil && field != "username" && strings.Contains(f.Detail(), secret) {
				t.Errorf("the fault gives %s away: %s", field, f.Detail())
			}
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	wantShape(t, got, c.Want)
}

// shape turns records or tasks into what a recording can state; what is not
// stated is left out.
func shape(t *testing.T, of any) []map[string]any {
	t.Helper()
	var out []map[string]any
	add := func(fields ...any) { out = append(out, shapeOf(fields...)) }
	switch of := of.(type) {
	case []lifecycle.Record:
		for _, r := range of {
			add("id", r.ID, "class", r.Class, "name", r.Name, "state", r.State, "state_text", r.StateText, "owners", strings.Join(r.Owners, " "),
				"purpose", r.Purpose, "environment", r.Environment, "criticality", r.Criticality,
				"third_party", yesNo(r.ThirdParty), "shared", yesNo(r.Shared), "retirement_date", r.RetirementDate,
				"verified_at", r.VerifiedAt, "assigned_at", r.AssignedAt, "unread", strings.Join(r.Unread, " "),
				"source", r.Source)
		}
	case []lifecycle.Person:
		for _, p := range of {
			add("id", p.ID, "email", p.Email, "username", p.Username, "name", p.Name, "kind", p.Kind, "status", p.Status, "status_text", p.StatusText,
				"end_date", p.EndDate, "manager", p.Manager, "teams", strings.Join(p.Teams, " "))
		}
	case []system.Entry:
		for _, e := range of {
			keys := slices.Clone(e.Keys)
			slices.Sort(keys)
			add("id", e.Person.ID, "keys", strings.Join(keys, " "))
		}
	case []lifecycle.Task:
		for _, task := range of {
			add("id", task.ID, "kind", task.Kind, "due", task.Due, "url", task.URL)
		}
	case []system.AssetTask:
		for _, open := range of {
			add("asset", open.Asset, "id", open.Task.ID, "kind", open.Task.Kind, "due", open.Task.Due, "url", open.Task.URL)
		}
	}
	return out
}

func yesNo(t lifecycle.Tristate) string { return [...]string{"", "no", "yes"}[t] }

func wantShape(t *testing.T, got, want []map[string]any) {
	t.Helper()
	for i := range want {
		for k, v := range want[i] {
			want[i][k] = fmt.Sprint(v)
		}
	}
	a, _ := json.MarshalIndent(got, "", " ")  //nolint:errchkjson // maps of texts
	b, _ := json.MarshalIndent(want, "", " ") //nolint:errchkjson // likewise
	if len(got) != len(want) || len(got) > 0 && !bytes.Equal(a, b) {
		t.Errorf("got %s\nwant %s", a, b)
	}
}

// broken breaks the recorded server in every way and demands that nothing of it
// is taken for an absence.
func (r *recording) broken(t *testing.T, name string) {
	present := func(t *testing.T, s *System) {
		t.Helper()
		found, err := s.Asset(t.Context(), r.Present)
		systemtest.WantUnavailable(t, len(found), err)
	}
	list := func(t *testing.T, s *System) {
		t.Helper()
		var last error
		for _, err := range s.Assets(t.Context()) {
			last = err
		}
		systemtest.WantUnavailable(t, 0, last)
	}
	absent := func(t *testing.T, s *System) {
		t.Helper()
		found, err := s.Asset(t.Context(), r.Absent)
		systemtest.WantUnavailable(t, len(found), err)
	}
	for fault, wrap := range systemtest.HTTPFaults() {
		t.Run(fault, func(t *testing.T) {
			s := r.open(t, name, systemtest.ServeHTTP(t, wrap(&player{t: t, answers: r.Answers})), func(c *Config) { c.Timeout = timeout(fault) })
			present(t, s)
			absent(t, s)
			list(t, s)
		})
	}
	t.Run("untrusted", func(t *testing.T) {
		s := r.open(t, name, systemtest.ServeUntrusted(t, &player{t: t, answers: r.Answers}))
		present(t, s)
		absent(t, s)
	})
	// Where pages end by a link, nothing tells how many rows there are.
	if l := r.open(t, name, "https://h").lists[0]; l.total != nil || l.count != nil {
		t.Run("rows are hidden", func(t *testing.T) {
			list(t, r.open(t, name, systemtest.ServeHTTP(t, &player{t: t, answers: r.Answers, less: r.PageSize})))
		})
	}
	t.Run("the query is ignored", func(t *testing.T) {
		url := systemtest.ServeHTTP(t, &player{t: t, answers: r.lists(t), loose: true})
		list(t, r.open(t, name, url))
		s := r.open(t, name, url)
		for _, id := range []string{r.Present, r.Absent} {
			// What a path names is not filtered.
			if id == r.Absent && s.get != nil && s.get.search == nil {
				continue
			}
			if found, err := s.Asset(t.Context(), id); err == nil && len(found) == 0 {
				t.Errorf("%q seems to be absent", id)
			}
		}
	})
}

// lists returns the answers with those that lists begin with first.
func (r *recording) lists(t *testing.T) []recorded {
	t.Helper()
	out := slices.Clone(r.Answers)
	slices.SortStableFunc(out, func(a, b recorded) int { return rows(b.Body) - rows(a.Body) })
	return out
}

func rows(body any) int {
	most := 0
	switch b := body.(type) {
	case []any:
		return len(b)
	case map[string]any:
		for _, v := range b {
			most = max(most, rows(v))
		}
	}
	return most
}
