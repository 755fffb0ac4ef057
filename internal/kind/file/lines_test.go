package file

import (
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system/files"
)

// byBytes gives a file byte by byte, so that every line end is cut.
type byBytes struct {
	source
	r io.Reader
}

func (b byBytes) Read(p []byte) (int, error) { return b.r.Read(p) }

// A line ends with LF, CRLF or a lone CR, in every file that is read.
func TestLineEnds(t *testing.T) {
	texts := map[string]string{
		"t.csv":   "id,kind,asset\n11,offboarding,A\n12,reassignment,\"B\nC\"\n",
		"t.tsv":   "id\tkind\tasset\n11\toffboarding\tA\n12\treassignment\t\"B\nC\"\n",
		"t.json":  "[\n{\"id\": 11, \"kind\": \"offboarding\", \"asset\": \"A\"},\n{\"id\": 12, \"kind\": \"reassignment\", \"asset\": \"B C\"}]\n",
		"t.jsonl": "{\"id\": 11, \"kind\": \"offboarding\", \"asset\": \"A\"}\n{\"id\": 12, \"kind\": \"reassignment\", \"asset\": \"B C\"}\n",
		"t.yaml":  "# tasks\n- id: 11\n  kind: offboarding\n  asset: A\n- id: 12\n  kind: reassignment\n  asset: B C\n",
	}
	for name, text := range texts {
		for end, mark := range map[string]string{"LF": "\n", "CRLF": "\r\n", "CR": "\r"} {
			for _, cut := range []bool{false, true} {
				t.Run(name+" "+end, func(t *testing.T) {
					text := strings.ReplaceAll(text, "\n", mark)
					dir := folder(t, map[string]string{name: text})
					s := mustNew(t, Config{Name: "desk", Tasks: filepath.Join(dir, name)})
					if cut {
						s.open = func(at files.Place, path string) (source, error) {
							f, err := openSource(at, path)
							return byBytes{f, iotest.OneByteReader(f)}, err
						}
					}
					for asset, id := range map[string]string{"A": "11", "B C": "12"} {
						if found, err := s.Tasks(t.Context(), asset); err != nil || len(found) != 1 || found[0].ID != id {
							t.Errorf("Tasks(%q) = %+v, %v", asset, found, err)
						}
					}
				})
			}
		}
	}
	s := assetsFrom(t, "a.csv", "id,state,owner,verified_at\rA,,,\rB,,,whenever\r")
	if _, err := s.Asset(t.Context(), "A"); err == nil || !strings.Contains(err.Error(), "line 3, column 5") {
		t.Errorf("got %v", err)
	}
}

// A header that swallows what follows it is not the header of an empty list.
func TestHeaderThatContainsTheRows(t *testing.T) {
	for name, text := range map[string]string{
		"quoted":       "id,kind,asset,\"note\n11,offboarding,A,x\n12,offboarding,B,y\"\n",
		"line feeds":   "id,kind,asset,note\\n11,offboarding,A,x\\n",
		"separators":   "id,kind,asset,note\u202811,offboarding,A,x\u2028",
		"next line":    "id,kind,asset,note\u008511,offboarding,A,x\u0085",
		"vertical tab": "id,kind,asset,note\v11,offboarding,A,x\v",
	} {
		dir := folder(t, map[string]string{"t.csv": text})
		found, err := mustNew(t, Config{Name: "desk", Tasks: filepath.Join(dir, "t.csv")}).Tasks(t.Context(), "A")
		if !errors.Is(err, fault.ErrUnavailable) || !strings.Contains(err.Error(), "line 1, column 1: the header holds line ends and no row follows it") {
			t.Errorf("%s: got %v, %v", name, found, err)
		}
	}
	dir := folder(t, map[string]string{"t.csv": "id,kind,asset,Due (UTC+1)\n"})
	if _, err := mustNew(t, Config{Name: "desk", Tasks: filepath.Join(dir, "t.csv")}).Tasks(t.Context(), "A"); err != nil {
		t.Errorf("an empty list: %v", err)
	}
}

// A file that cannot be read from some place on ends there. What the reader has of a
// row until then may look like an empty one.
func TestUnreadableAfterManyRows(t *testing.T) {
	rows := "id,state,owner\n" + strings.Repeat("A,active,ann\n", 10_000)
	for name, c := range map[string]struct{ text, want string }{
		"Windows-1252":   {rows + "B,active,M\xfcller\n", "line 10002, column 11: the text is not UTF-8"},
		"NUL":            {rows + "B,active,\x00\n", "line 10002, column 10: a NUL character"},
		"quotation mark": {rows + "\"\"x,active,ann\n", "line 10002, column 2: there is one quotation mark too few or too many"},
		"endless record": {rows + "\"" + strings.Repeat("x,\n", 1<<19), "longer than 1 MiB"},
	} {
		for pad := range len("A,active,ann\n") { // so that a part of the file that is read at once ends with a row
			text := strings.Replace(c.text, "owner\n", "owner\nA,active,"+strings.Repeat("x", pad)+"\n", 1)
			want := strings.Replace(c.want, "10002", "10003", 1)
			if f := unusable(t, assetsFrom(t, "a.csv", text)); !strings.Contains(f.Happened, want) {
				t.Errorf("%s: got %s, want %q", name, f.Happened, want)
			}
		}
	}
}
