package file

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A value that the export hides is none, in any format, and that is said.
func TestHiddenValues(t *testing.T) {
	for name, text := range map[string]string{
		"assets.csv": "id,state,owner,environment,criticality,third_party,retirement_date,purpose\n" +
			"A-1,active,ann,ENCRYPTED,high,****,[redacted],encrypted backups\n",
		"assets.json": `[{"id": "A-1", "state": "active", "owner": "ann", "environment": "ENCRYPTED", "criticality": "high", "third_party": "****",
			"retirement_date": "[redacted]", "purpose": "encrypted backups"}]`,
		"assets.yaml": "- {id: A-1, state: active, owner: ann, environment: ENCRYPTED, criticality: high, third_party: '****', retirement_date: '[redacted]', purpose: encrypted backups}\n",
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := New(Config{Name: "itam", Assets: path})
		if err != nil {
			t.Fatal(err)
		}
		found, err := s.Asset(t.Context(), "A-1")
		if err != nil || len(found) != 1 {
			t.Fatalf("%s: got %+v, %v", name, found, err)
		}
		want := `The system shows "ENCRYPTED" in place of a value of environment, which counts as not stated.
The system shows "****" in place of a value of third_party, which counts as not stated.
The system shows "[redacted]" in place of a value of retirement_date, which counts as not stated.`
		r := found[0]
		if got := strings.Join(r.Unread, "\n"); got != want || r.Environment != "" || r.Criticality != "high" || r.Purpose != "encrypted backups" || !r.RetirementDate.IsZero() {
			t.Errorf("%s: got %+v", name, r)
		}
	}
}
