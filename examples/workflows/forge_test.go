package workflows_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
	"github.com/custodyhq/terraform-provider-custody/internal/acctest/servers"
)

// post is a comment, a note or an issue.
type post struct {
	ID     int    `json:"id"`
	IID    int    `json:"iid,omitempty"`
	Author author `json:"author"`
	User   author `json:"user"`
	Title  string `json:"title,omitempty"`
	Body   string `json:"body,omitempty"`
	Text   string `json:"description"`
	State  string `json:"state,omitempty"`
	Labels string `json:"labels,omitempty"`
	Secret bool   `json:"confidential,omitempty"`
}

type author struct {
	ID    int    `json:"id"`
	Login string `json:"login"`
}

// TestMain lets the binary of the tests act as gh, which the steps of the
// workflows call: it is found on PATH under that name.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "gh" {
		if err := gh(os.Args[1:], os.Getenv("FORGE")); err != nil {
			fmt.Fprintln(os.Stderr, "gh:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// gh does what GitHub's program does with the posts in a file, as far as the workflows
// use it.
func gh(args []string, file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var posts []post
	if err := json.Unmarshal(text, &posts); err != nil {
		return err
	}
	flags, words := map[string]string{}, []string{}
	for i := 0; i < len(args); i++ {
		switch name, found := strings.CutPrefix(args[i], "--"); {
		case !found:
			words = append(words, args[i])
		case slices.Contains([]string{"force", "paginate", "silent"}, name):
			flags[name] = "true"
		default:
			i++
			flags[name] = args[i]
		}
	}
	if err := ghCommand(&posts, words, flags); err != nil {
		return err
	}
	text, err = json.Marshal(posts)
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

func ghCommand(posts *[]post, words []string, flags map[string]string) error {
	body := func(name string) (string, error) {
		text, err := os.ReadFile(strings.TrimPrefix(name, "body=@"))
		return string(text), err
	}
	at := func(number string) *post {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > len(*posts) {
			return &post{}
		}
		return &(*posts)[n-1]
	}
	var err error
	switch what := strings.Join(words[:min(2, len(words))], " "); {
	case what == "label create":
	case what == "issue list":
		return jq(flags["jq"], slices.DeleteFunc(listed(*posts), func(p map[string]any) bool { return p["state"] != "open" }))
	case what == "issue create":
		p := post{ID: len(*posts) + 1, Title: flags["title"], State: "open", Labels: flags["label"]}
		p.Body, err = body(flags["body-file"])
		*posts = append(*posts, p)
	case what == "issue edit":
		p := at(words[2])
		p.Title = flags["title"]
		p.Body, err = body(flags["body-file"])
	case what == "issue close":
		at(words[2]).State = "closed"
	case words[0] == "api" && flags["method"] == "":
		return jq(flags["jq"], listed(*posts))
	case words[0] == "api" && flags["method"] == "POST":
		p := post{ID: len(*posts) + 1, User: author{Login: "github-actions[bot]"}}
		p.Body, err = body(flags["field"])
		*posts = append(*posts, p)
	case words[0] == "api" && flags["method"] == "PATCH":
		p := at(filepath.Base(words[1]))
		p.Body, err = body(flags["field"])
	default:
		return fmt.Errorf("%q is not known here", words)
	}
	return err
}

func listed(posts []post) []map[string]any {
	out := []map[string]any{}
	for _, p := range posts {
		out = append(out, map[string]any{"number": p.ID, "id": p.ID, "state": p.State, "user": map[string]any{"login": p.User.Login}, "body": p.Body})
	}
	return out
}

// jq prints what an expression makes of a list, as gh does.
func jq(expression string, list any) error {
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	command := exec.Command("jq", "-r", expression)
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(string(text)), os.Stdout, os.Stderr
	return command.Run()
}

// forge is a workspace whose gh keeps its posts in a file.
func forge(t *testing.T, posts ...post) (w *acctest.Workspace, env []string, now func() []post) {
	t.Helper()
	servers.RequireProgram(t, "jq", "jq")
	w, env = world(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin, file := t.TempDir(), filepath.Join(t.TempDir(), "posts.json")
	if err := os.Symlink(self, filepath.Join(bin, "gh")); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(posts)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	env[0] = strings.Replace(env[0], "PATH=", "PATH="+bin+string(os.PathListSeparator), 1)
	return w, append(env, "FORGE="+file, "GH_DEBUG="), func() (posts []post) {
		t.Helper()
		if err := json.Unmarshal([]byte(read(t, file)), &posts); err != nil {
			t.Fatal(err)
		}
		return posts
	}
}

// The issue is open while anything waits or would change, and closed when nothing does.
func TestNightlyIssue(t *testing.T) {
	steps := parse(t, "github/nightly.yml").Jobs["plan"].Steps
	w, env, posts := forge(t)
	night := func(wants string) post {
		t.Helper()
		outputs := rehearse(t, w, env, steps[:len(steps)-1], nil)
		outputs["${{ github.repository }}"] = "acme/access"
		runStep(t, w, env, steps[len(steps)-1], outputs).Ok()
		all := posts()
		if len(all) == 0 {
			all = []post{{}}
		}
		last := all[len(all)-1]
		if got := fmt.Sprint(len(posts()), " ", last.State, " ", last.Title); got != wants {
			t.Errorf("got %s, want %s", got, wants)
		}
		return last
	}
	night("1 open Custody: 0 waiting, 4 would change")
	w.Apply()
	night("1 closed Custody: 0 waiting, 4 would change")
	w.Edit("inventory/people.csv", "Ada Byron,employee,active", "Ada Byron,employee,left")
	night("2 open Custody: 2 waiting, 3 would change")
	w.Apply()
	// Nothing would change any more, and somebody is still to look at it.
	if p := night("2 open Custody: 2 waiting, 0 would change"); !strings.Contains(p.Body, "What waits for somebody") || p.Labels != "custody" {
		t.Errorf("the issue says\n%s", p.Body)
	}
}

// A pull request gets one comment, whatever others write.
func TestPullRequestComment(t *testing.T) {
	steps := parse(t, "github/pull-request.yml").Jobs["plan"].Steps
	w, env, posts := forge(t, post{ID: 1, User: author{Login: "mallory"}, Body: "<!-- custody-summary -->\nAll is well."})
	comment := steps[len(steps)-1]
	push := func() []post {
		t.Helper()
		runStep(t, w, append(env, "GITHUB_OUTPUT=github.out", "GITHUB_STEP_SUMMARY=job.md"), steps[len(steps)-2], nil)
		runStep(t, w, env, comment, map[string]string{"${{ github.repository }}": "acme/access", "${{ github.event.pull_request.number }}": "7"}).Ok()
		return posts()
	}
	for _, wants := range []string{"4 grants of 4 would change", "No grant changes", "The plan failed"} {
		switch wants {
		case "No grant changes":
			w.Apply()
		case "The plan failed":
			w.Remove("inventory/people.csv")
		}
		all := push()
		if len(all) != 2 || !strings.HasPrefix(all[1].Body, "<!-- custody-summary -->\n") || !strings.Contains(all[1].Body, wants) || !strings.HasSuffix(all[0].Body, "All is well.") {
			t.Fatalf("%s: got %+v", wants, all)
		}
	}
}

// What is safe is applied without a reviewer, and nothing else is.
func TestApplySafe(t *testing.T) {
	steps := parse(t, "github/apply-safe.yml").Jobs["apply"].Steps
	w, env, _ := forge(t)
	plan := func(code, allowed string) {
		t.Helper()
		out := rehearse(t, w, env, steps[:len(steps)-2], nil)
		if out["code"] != code || out["allowed"] != allowed {
			t.Errorf("got code %s, allowed %s", out["code"], out["allowed"])
		}
	}
	plan("2", "true") // all of it is new
	runStep(t, w, env, steps[len(steps)-1], nil).Ok()
	plan("0", "true")
	w.Edit("inventory/assets.csv", "Ledger,in_service", "Ledger,retired")
	plan("2", "false")
	if got := runStep(t, w, env, steps[len(steps)-2], nil).Ok(); !strings.Contains(got.Output, "::warning::") {
		t.Errorf("it does not say why it stops: %s", got.Output)
	}
	for i, condition := range []string{"steps.plan.outputs.code == '2' && steps.plan.outputs.allowed != 'true'", "steps.plan.outputs.code == '2' && steps.plan.outputs.allowed == 'true'"} {
		if got := steps[len(steps)-2+i].If; got != condition {
			t.Errorf("%s runs if %s", steps[len(steps)-2+i].Name, got)
		}
	}
}

// gitlab answers as far as the script asks, with one entry a page.
type gitlab struct {
	mu     sync.Mutex
	notes  []post
	issues []post
	asked  []string
}

func (g *gitlab) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, r.Method+" "+r.URL.Path)
	if r.Header.Get("PRIVATE-TOKEN") != "glpat-1" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	list := &g.notes
	if strings.Contains(r.URL.Path, "/issues") {
		list = &g.issues
	}
	switch {
	case r.URL.Path == "/api/v4/user":
		_, _ = io.WriteString(w, `{"id":42}`)
	case r.Method == http.MethodGet:
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		open := slices.DeleteFunc(slices.Clone(*list), func(p post) bool { return p.State == "closed" })
		_ = json.NewEncoder(w).Encode(open[min(page-1, len(open)):min(page, len(open))])
	default:
		g.write(w, r, list)
	}
}

func (g *gitlab) write(w http.ResponseWriter, r *http.Request, list *[]post) {
	if r.Method == http.MethodPost {
		*list = append(*list, post{ID: len(*list) + 1, IID: len(*list) + 1, Author: author{ID: 42}})
	}
	n, err := strconv.Atoi(filepath.Base(r.URL.Path))
	if err != nil {
		n = len(*list)
	}
	p := &(*list)[n-1]
	var fields struct {
		post
		Event string `json:"state_event"`
	}
	fields.post = *p
	if err := json.NewDecoder(r.Body).Decode(&fields); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	*p = fields.post
	if fields.Event == "close" {
		p.State = "closed"
	}
}

func TestGitLabNoteAndIssue(t *testing.T) {
	servers.RequireProgram(t, "jq", "jq")
	servers.RequireProgram(t, "jq", "curl")
	g := &gitlab{
		notes:  []post{{ID: 1, Author: author{ID: 7}, Body: "<!-- custody-note -->\nAll is well."}, {ID: 2, Author: author{ID: 42}, Body: "Thanks."}},
		issues: []post{{ID: 1, IID: 1, Author: author{ID: 7}, Text: "<!-- custody-issue -->"}},
	}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	dir := t.TempDir()
	do := func(text string, args ...string) {
		t.Helper()
		summary := filepath.Join(dir, "summary.md")
		if err := os.WriteFile(summary, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		command := exec.Command("sh", append([]string{abs(t, "custody-gitlab.sh"), args[0], summary}, args[1:]...)...)
		command.Env = append(os.Environ(), "CI_API_V4_URL="+server.URL+"/api/v4", "CI_PROJECT_ID=9", "CI_MERGE_REQUEST_IID=3", "CUSTODY_TOKEN=glpat-1", "no_proxy=*")
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	do("first \"quoted\" \\ é\n", "note")
	do("second\n", "note")
	if len(g.notes) != 3 || g.notes[2].Body != "<!-- custody-note -->\nsecond\n" || g.notes[0].Body != "<!-- custody-note -->\nAll is well." {
		t.Errorf("got %+v", g.notes)
	}
	do("nothing\n", "issue", "0")
	if len(g.issues) != 1 {
		t.Errorf("got %+v", g.issues)
	}
	do("two\n", "issue", "2")
	do("one\n", "issue", "1")
	if len(g.issues) != 2 || g.issues[1].Title != "Custody: 1 to look at" || !g.issues[1].Secret || g.issues[1].Text != "<!-- custody-issue -->\none\n" || g.issues[1].State == "closed" {
		t.Errorf("got %+v", g.issues)
	}
	do("none\n", "issue", "0")
	if g.issues[1].State != "closed" || g.issues[0].State == "closed" {
		t.Errorf("got %+v", g.issues)
	}
	for _, asked := range g.asked {
		if !strings.Contains(asked, "/api/v4/user") && !strings.Contains(asked, "/api/v4/projects/9/") {
			t.Errorf("it asks for %s", asked)
		}
	}
}
