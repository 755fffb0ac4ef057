package acctest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	inRun     = regexp.MustCompile(`CUSTODY_REQUIRE:-([a-z0-9_,]+)`)
	inServers = regexp.MustCompile(`(?m)^all='([a-z0-9_ ]+)'$`)
	inScripts = regexp.MustCompile(`(?m)^[^#\n]*\brequired ([a-z0-9_]+)`)
)

// TestEverythingIsRequired holds .ci/run to name whatever a test or a check may
// be left out for, and scripts/servers.sh to install every server.
func TestEverythingIsRequired(t *testing.T) {
	required := strings.Split(found(t, inRun, "../../.ci/run")[0], ",")
	wanted := make(map[string]string) // name -> where it is asked for
	scripts, err := filepath.Glob("../../scripts/*.sh")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, script := range scripts {
		for _, name := range found(t, inScripts, script) {
			wanted[name] = script
		}
	}
	for _, name := range strings.Fields(found(t, inServers, "../../scripts/servers.sh")[0]) {
		wanted[name] = "scripts/servers.sh"
	}
	inCode(t, "../..", wanted)
	for _, name := range []string{"terraform", "race", "docs", "slapd"} {
		if wanted[name] == "" {
			t.Errorf("%s is asked for nowhere: this test no longer sees everything", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		if !slices.Contains(required, name) {
			t.Errorf("%s may be missing (%s), and CUSTODY_REQUIRE in .ci/run does not name it", name, wanted[name])
		}
	}
}

func found(t *testing.T, what *regexp.Regexp, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range what.FindAllStringSubmatch(string(text), -1) {
		out = append(out, m[1])
	}
	if len(out) == 0 && what != inScripts {
		t.Fatalf("%s holds nothing like %s", file, what)
	}
	return out
}

// inCode adds the names with which Require and RequireProgram are called.
func inCode(t *testing.T, root string, wanted map[string]string) {
	t.Helper()
	folders := make(map[string][]*ast.File)
	files := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir() && (e.Name() == ".cache" || e.Name() == ".git" || e.Name() == "node_modules"):
			return fs.SkipDir
		case e.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		folders[filepath.Dir(path)] = append(folders[filepath.Dir(path)], file)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for folder, parsed := range folders {
		constants := make(map[string]string)
		for _, file := range parsed {
			constantsOf(file, constants)
		}
		for _, file := range parsed {
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) < 3 || !isRequire(call.Fun) {
					return true
				}
				if name := textOf(call.Args[1], constants); name != "" {
					wanted[name] = folder
				} else if id, ok := call.Args[1].(*ast.Ident); !ok || id.Name != "name" {
					t.Errorf("%s: name what is required with a literal or a constant", files.Position(call.Pos()))
				}
				return true
			})
		}
	}
}

func isRequire(called ast.Expr) bool {
	if selected, ok := called.(*ast.SelectorExpr); ok {
		called = selected.Sel
	}
	id, ok := called.(*ast.Ident)
	return ok && (id.Name == "Require" || id.Name == "RequireProgram")
}

func constantsOf(file *ast.File, into map[string]string) {
	for _, d := range file.Decls {
		general, ok := d.(*ast.GenDecl)
		if !ok || general.Tok != token.CONST {
			continue
		}
		for _, s := range general.Specs {
			if v, ok := s.(*ast.ValueSpec); ok {
				for i := range min(len(v.Names), len(v.Values)) {
					into[v.Names[i].Name] = textOf(v.Values[i], nil)
				}
			}
		}
	}
}

func textOf(e ast.Expr, constants map[string]string) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return text
		}
	case *ast.Ident:
		return constants[e.Name]
	}
	return ""
}
