package file

import (
	"bytes"
	"errors"
	"io/fs"
	"slices"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/files"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

// memory is a file that was never written.
type memory struct {
	bytes.Reader
	size int64
}

func (m *memory) Close() error               { return nil }
func (m *memory) Stat() (fs.FileInfo, error) { return memoryInfo{size: m.size}, nil }

type memoryInfo struct {
	fs.FileInfo
	size int64
}

func (i memoryInfo) Size() int64        { return i.size }
func (i memoryInfo) ModTime() time.Time { return time.Time{} }

// fuzz reads the text as all three tables. It must neither panic nor keep
// anything that a plan could not show.
func fuzz(f *testing.F, name string, seeds ...string) {
	fuzzWith(f, Config{Name: "cmdb", Assets: name, People: name, Tasks: name}, seeds...)
}

func fuzzWith(f *testing.F, c Config, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s := mustNew(t, c)
		s.open = func(files.Place, string) (source, error) {
			m := &memory{size: int64(len(text))}
			m.Reset(text)
			return m, nil
		}
		check := func(err error) {
			var unavailable *fault.Fault
			if err != nil && (!errors.As(err, &unavailable) || !errors.Is(err, fault.ErrUnavailable)) {
				t.Errorf("got error %v", err)
			}
			if err != nil && !systemtest.Presentable(err.Error()) {
				t.Errorf("the message %q could change how a terminal reads", err)
			}
		}
		for r, err := range s.Assets(t.Context()) {
			check(err)
			checkRecord(t, s, r, err)
		}
		found, err := s.Person(t.Context(), "ann")
		check(err)
		for _, p := range found {
			for _, text := range append([]string{p.ID, p.Email, p.Username, p.Name, p.StatusText, p.Manager}, p.Teams...) {
				if !systemtest.Presentable(text) {
					t.Errorf("kept %q", text)
				}
			}
		}
		_, err = s.Tasks(t.Context(), "A")
		check(err)
	})
}

func checkRecord(t *testing.T, s *System, r lifecycle.Record, err error) {
	if err != nil {
		return
	}
	for _, text := range slices.Concat([]string{r.ID, r.Class, r.Name, r.StateText, r.Purpose, r.Environment, r.Criticality, r.Source}, r.Owners, r.Unread) {
		if !systemtest.Presentable(text) || len(text) > table.MaxCell {
			t.Errorf("kept %q", text)
		}
	}
	for _, at := range []time.Time{r.RetirementDate, r.VerifiedAt, r.AssignedAt} {
		if !at.IsZero() && (at.Year() < 1970 || at.Year() > 9999 || at.Nanosecond() != 0 || at.Location() != time.UTC) {
			t.Errorf("kept the date %v", at)
		}
	}
	again, err := s.Asset(t.Context(), r.ID)
	if err != nil || len(again) == 0 || r.ID != system.Clean(r.ID) {
		t.Errorf("the listed record %q is not found: %v", r.ID, err)
	}
}

func FuzzCSV(f *testing.F) {
	fuzz(f, "a.csv",
		"id,state,owner,retirement_date,shared\nA,in_service,ann;bob,2026-01-02,yes\n",
		"\xef\xbb\xbfid;name\r\n\"A\";\"x\r\ny\"\r\n", "id\tkind\tasset\n1\toffboarding\tA\n", "id\n\"A", "id,email\nann,ann@example.org\n")
}

func FuzzJSON(f *testing.F) {
	fuzz(f, "a.json",
		`[{"id": "A", "owner": ["ann"], "shared": true, "verified_at": "2026-01-02"}]`,
		`{"rows": [{"id": 1e3, "x": {"y": [1]}}], "total": 1}`, `[{"id": "\ud800\u202e"}]`, `[{"id": "1", "kind": "offboarding", "asset": "A"}]`)
}

func FuzzYAML(f *testing.F) {
	fuzz(f, "a.yaml",
		"- id: A\n  owner: [ann, bob]\n  shared: yes\n  verified_at: 2026-01-02\n", "x: 1\nassets:\n  - id: A\n    purpose: |\n      x\n",
		"{a: [{id: A}]}", "---\n- id: \"\\u202e\"\n---\n- id: 'x'\n...\n", "- id: &a A\n- <<: *a\n")
}

// mapped is a configuration with all that says how an export is read.
func mapped(name string) Config {
	return Config{Name: "cmdb", Assets: name, People: name, Tasks: name, Mapping: table.Mapping{
		Columns: map[string]string{"id": "a.tag", "owner": "a.holders.mail"}, JoinedColumns: map[string][]string{"name": {"a.first", "a.last"}, "verified_at": {"day", "time"}},
		PeopleColumns: map[string]string{"id": "a.tag", "kind": "type"}, PeopleJoinedColumns: map[string][]string{"teams": {"a.teams", "team"}},
		Kinds: map[string]string{"Guest": "vendor"}, Empty: []string{"N/A", "tbd"}, Dates: "eu", DateFormats: []string{"YYYYMMDD"}, TimeZone: "Europe/Berlin",
	}}
}

func FuzzMappedCSV(f *testing.F) {
	fuzzWith(f, mapped("a.csv"),
		"a.tag,state,a.holders.mail,a.first,a.last,day,time\nA,in_service,ann;n/a,Ann,Archer,03/10/2026,09:14\n,,,,,,\r",
		"a.tag,type,a.teams,team\rann,Guest,x;y,tbd\r;;;\r", "a.tag,x,x\n")
}

func FuzzMappedJSON(f *testing.F) {
	fuzzWith(f, mapped("a.json"),
		`{"total": 1, "rows": [{"a": {"tag": "A", "first": "Ann", "last": "Archer", "holders": [{"mail": "ann"}, {"mail": ["bob"]}, 1]}, "day": 20261003, "time": "09:14"}]}`,
		`[{"a": {"tag": "ann", "teams": ["x", {"y": 1}]}, "team": "z", "type": "Guest"}, {}]`, `[{"a": [{"tag": "A"}, {"tag": "B"}]}]`, `{"next": "/x", "rows": [], "links": [{"rel": "next"}]}`)
}

func FuzzMappedYAML(f *testing.F) {
	fuzzWith(f, mapped("a.yaml"),
		"has_more: false\nrows:\n- a:\n    tag: A\n    first: Ann\n    holders:\n    - mail: ann\n    - mail: bob\n  day: 03.10.2026\n  time: '09:14'\n", "- a: {tag: ann, teams: [x, y]}\n  type: Guest\n-\n", "- a: [{tag: A}]\n")
}

// twoPresets is a configuration with what a preset says of assets, and another of people.
func twoPresets(name string) Config {
	both := *presets()["snipeit"].words
	both.Tables = map[string]table.PresetTable{table.NameAssets: both.Tables[table.NameAssets], table.NamePeople: presets()["entra"].words.Tables[table.NamePeople]}
	return Config{Name: "cmdb", Assets: name, People: name, Tasks: name, Mapping: table.Mapping{Preset: &both}}
}

func FuzzPresetCSV(f *testing.F) {
	fuzzWith(f, twoPresets("a.csv"),
		"sep=;\nAsset Tag;Status;Username;EOL;Deleted\nA;x &amp; (deployed);ann;36 months;\nAsset Tag;Status;Username;EOL;Deleted\nB;;;;nein\n",
		"\"sep=|\"\rid|mail|userType|accountEnabled|deletedDateTime\r1|ann|Guest|True|2026-10-03\r", "sep=,\n\"a\nb")
}

func FuzzPresetJSON(f *testing.F) {
	fuzzWith(f, twoPresets("a.json"),
		`{"rows": [{"asset_tag": "A", "status": {"status_meta": "deployed"}, "assigned_to": {"email": "", "username": "ann"}, "deleted_at": {"datetime": "2026-10-03"}, "custom_fields": {"Purpose": {"value": ["x"]}}}], "error": null}`,
		`{"value": [{"id": "1", "userPrincipalName": "ann", "userType": "Guest", "accountEnabled": true, "deletedDateTime": ["", 1], "manager": {"x": 1}}], "errors": [{}]}`)
}

func FuzzPresetYAML(f *testing.F) {
	fuzzWith(f, twoPresets("a.yaml"),
		"- asset_tag: A\n  status:\n    status_meta: deployed\n  assigned_to:\n  - name: Ann\n  deleted_at: {datetime: x}\n", "error: x\nvalue:\n- id: 1\n  mail: ann\n  userType: Member\n  accountEnabled: yes\n  manager: {id: 2}\n")
}
