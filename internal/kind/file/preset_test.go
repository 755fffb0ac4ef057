package file

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/lifecycle"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/table"
)

func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t.UTC()
}

func presetFile(name string) string { return filepath.Join("testdata", "presets", name) }

// Each preset reads an export in its tool's shape, and nothing else has to be said.
func TestPresetsOfAssets(t *testing.T) {
	for name, want := range map[string]map[string]lifecycle.Record{
		"snipeit": {
			"LAP-001": {
				Class: "Laptops", Name: "Ann's laptop", State: lifecycle.StateInService, Owners: []string{"ann"}, Environment: "production",
				RetirementDate: instant("2028-03-01T23:59:59Z"), VerifiedAt: instant("2026-09-01T08:00:00Z"), AssignedAt: instant("2025-01-07T09:30:00Z"),
			},
			"LAP-002": {Class: "Laptops", Name: "MacBook Pro 14", State: lifecycle.StatePlanned},
			"LAP-003": {Class: "Laptops", Name: "ThinkPad X1", State: lifecycle.StateMaintenance},
			"LAP-004": {Class: "Laptops", Name: "ThinkPad X1", State: lifecycle.StateRetired},
			"LAP-005": {Class: "Laptops", Name: "ThinkPad X1", State: lifecycle.StateUnknown, StateText: "Lost/Stolen (undeployable)"},
		},
		"jamf": {
			"12": {Class: "laptop", Name: "ann-mbp", State: lifecycle.StateInService, Owners: []string{"ann@example.org"}, VerifiedAt: instant("2026-10-03T09:14:02Z"), AssignedAt: instant("2025-01-07T09:30:00Z")},
			"13": {Class: "laptop", Name: "spare", State: lifecycle.StateUnknown, StateText: "Unmanaged", VerifiedAt: instant("2026-05-03T09:14:02Z"), AssignedAt: instant("2025-01-07T09:30:00Z")},
			"14": {Class: "laptop", Name: "bob-mbp", State: lifecycle.StateInService, Owners: []string{"bob"}},
		},
		"servicenow": {
			"P1000479": {
				Class: "Computer", Name: `P1000479 - Apple MacBook Pro 15"`, State: lifecycle.StateInService, Owners: []string{"ann@example.org"},
				RetirementDate: instant("2028-03-01T23:59:59Z"), VerifiedAt: instant("2026-10-03T09:14:02Z"), AssignedAt: instant("2025-01-07T09:30:00Z"),
			},
			"P1000480": {Class: "Computer", Name: `P1000480 - Apple MacBook Pro 15"`, State: lifecycle.StatePlanned, VerifiedAt: instant("2026-10-03T09:14:02Z")},
			"P1000481": {Class: "Computer", Name: `P1000481 - Apple MacBook Pro 15"`, State: lifecycle.StateRetired, VerifiedAt: instant("2026-10-03T09:14:02Z")},
			"P1000482": {Class: "Computer", Name: `P1000482 - Apple MacBook Pro 15"`, State: lifecycle.StateInService, Owners: []string{"Bell, Bob"}, VerifiedAt: instant("2026-10-03T09:14:02Z"), AssignedAt: instant("2025-01-07T09:30:00Z")},
			"P1000483": {Class: "Computer", Name: `P1000483 - Apple MacBook Pro 15"`, State: lifecycle.StateLost, VerifiedAt: instant("2026-10-03T09:14:02Z")},
		},
		"intune": {
			"0b2a1c3d-0000-4000-8000-000000000001": {
				Class: "laptop", Name: "LAP-ANN", State: lifecycle.StateInService, Owners: []string{"ann@example.org"},
				VerifiedAt: instant("2026-10-03T09:14:02Z"), AssignedAt: instant("2025-01-07T09:30:00Z"),
			},
			"0b2a1c3d-0000-4000-8000-000000000002": {Class: "laptop", Name: "PHONE-BOB", State: lifecycle.StateRetired, AssignedAt: instant("2025-02-07T09:30:00Z")},
		},
	} {
		files, err := filepath.Glob(presetFile(name + ".*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			t.Run(filepath.Base(file), func(t *testing.T) { wantAssets(t, file, name, want) })
		}
	}
}

func wantAssets(t *testing.T, file, preset string, want map[string]lifecycle.Record) {
	t.Helper()
	s := mustNew(t, Config{Name: "itam", Assets: file, Preset: preset})
	words := strings.NewReplacer("undeployable", "Lost/Stolen (undeployable)", "false", "Unmanaged") // in JSON the same is said shorter
	count := 0
	for r, err := range s.Assets(t.Context()) {
		if count++; err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(file) == ".json" {
			r.StateText = words.Replace(r.StateText)
		}
		w, known := want[r.ID]
		if !known || r.Class != w.Class || r.Name != w.Name || r.State != w.State || r.StateText != w.StateText || !slices.Equal(r.Owners, w.Owners) ||
			r.Environment != w.Environment || r.RetirementDate != w.RetirementDate || r.VerifiedAt != w.VerifiedAt || r.AssignedAt != w.AssignedAt {
			t.Errorf("got  %+v\nwant %+v", r, w)
		}
	}
	if count != len(want) {
		t.Errorf("got %d records", count)
	}
}

func TestPresetsOfPeople(t *testing.T) {
	okta := map[string]lifecycle.Person{
		"ann@example.org": {ID: "00u1abc", Name: "Ann Archer", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive},
		"bob@example.org": {ID: "00u2abc", Name: "Bob Bell", Kind: lifecycle.KindContractor, Status: lifecycle.PersonActive},
		"cam@example.org": {ID: "00u3abc", Name: "Cam Cole", Kind: lifecycle.KindVendor, Status: lifecycle.PersonSuspended},
		"dan@example.org": {ID: "00u4abc", Name: "Dan Dorn", Status: lifecycle.PersonLeft},
		"eve@example.org": {ID: "00u5abc", Name: "Eve Eden", Status: lifecycle.PersonSuspended},
	}
	entra := map[string]lifecycle.Person{
		"ann@example.org":     {ID: "7cc0c81b-0000-4000-8000-000000000001", Name: "Ann Archer", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive},
		"bob@partner.example": {ID: "7cc0c81b-0000-4000-8000-000000000002", Name: "Bob Bell", Kind: lifecycle.KindVendor, Status: lifecycle.PersonActive},
		"cam@example.org":     {ID: "7cc0c81b-0000-4000-8000-000000000003", Name: "Cam Cole", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonSuspended},
	}
	workday := map[string]lifecycle.Person{
		"ann@example.org": {ID: "1001", Name: "Ann Archer", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive},
		"bob@example.org": {ID: "1002", Name: "Bob Bell", Kind: lifecycle.KindContractor, Status: lifecycle.PersonActive, EndDate: instant("2027-01-01T07:59:59Z"), Manager: "1001"},
		"1003":            {ID: "1003", Name: "Cam Cole", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonSuspended, Manager: "1001"},
		"1004":            {ID: "1004", Name: "Dan Dorn", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonLeft, EndDate: instant("2026-10-01T06:59:59Z"), Manager: "1001"},
	}
	for file, want := range map[string]map[string]lifecycle.Person{
		"okta.csv": okta, "okta.json": okta, "entra.csv": entra, "entra.json": entra, "workday.csv": workday, "workday.json": workday,
		"google_workspace.csv": {
			"ann@example.org": {ID: "ann@example.org", Name: "Ann Archer", Kind: lifecycle.KindEmployee, Status: lifecycle.PersonActive, Manager: "eve@example.org"},
			"bob@example.org": {ID: "bob@example.org", Name: "Bob Bell", Status: lifecycle.PersonSuspended},
			"cam@example.org": {ID: "cam@example.org", Name: "Cam Cole", Kind: lifecycle.KindContractor, Status: lifecycle.PersonLeft},
		},
	} {
		t.Run(file, func(t *testing.T) {
			s := mustNew(t, Config{Name: "hr", People: presetFile(file), Preset: strings.TrimSuffix(strings.TrimSuffix(file, ".csv"), ".json")})
			for key, w := range want {
				p := person(t, s, key)
				if p.ID != w.ID || p.Name != w.Name || p.Kind != w.Kind && file != "okta.csv" || p.Status != w.Status {
					t.Errorf("got  %+v\nwant %+v", p, w)
				}
				if w.Manager != "" && p.Manager != w.Manager || !w.EndDate.IsZero() && p.EndDate != w.EndDate {
					t.Errorf("got  %+v\nwant %+v", p, w)
				}
			}
		})
	}
	s := mustNew(t, Config{Name: "hr", People: presetFile("okta.csv"), Preset: "okta"})
	if p := person(t, s, "00u5abc"); p.StatusText != "" || p.Kind != lifecycle.KindEmployee {
		t.Errorf("got %+v", p)
	}
	s = mustNew(t, Config{Name: "hr", People: presetFile("entra.json"), Preset: "entra"})
	if p := person(t, s, "ann@example.org"); p.EndDate != instant("2026-12-31T22:59:00Z") || p.Manager != "7cc0c81b-0000-4000-8000-000000000003" {
		t.Errorf("got %+v", p)
	}
}

// What the configuration says goes before the preset.
func TestPresetIsOverridden(t *testing.T) {
	s := assetsFrom(t, "a.csv", "Asset Tag,Category,Status,Username,Holder,Last Audit\nA,Laptops,Stock (deployable),ann,bob,10/03/2026\nB,Laptops,Ready to Deploy (deployed),ann,,\nC,Laptops,Odd (deployed),,n/a,\n", func(c *Config) {
		c.Preset = "snipeit"
		c.Columns = map[string]string{"owner": "Holder"}
		c.States = map[string]string{"stock (deployable)": "maintenance", "ODD (deployed)": "lost"}
		c.Dates = "us"
	})
	for id, want := range map[string]lifecycle.Record{
		"A": {State: lifecycle.StateMaintenance, Owners: []string{"bob"}, VerifiedAt: instant("2026-10-03T00:00:00Z")},
		"B": {State: lifecycle.StateInService}, "C": {State: lifecycle.StateLost},
	} {
		if r := asset(t, s, id); r.State != want.State || !slices.Equal(r.Owners, want.Owners) || r.VerifiedAt != want.VerifiedAt || r.Class != "Laptops" {
			t.Errorf("got %+v", r)
		}
	}
	p := peopleFrom(t, "p.csv", "userPrincipalName,id,userType,accountEnabled\nann@example.org,1,Guest,False\n", func(c *Config) {
		c.Preset, c.Kinds, c.PeopleStates = "entra", map[string]string{"GUEST": "contractor"}, map[string]string{"FALSE": "left"}
	})
	if got := person(t, p, "ann@example.org"); got.Kind != lifecycle.KindContractor || got.Status != lifecycle.PersonLeft {
		t.Errorf("got %+v", got)
	}
}

// An export without what a preset needs is not read, and the message says what to do.
func TestPresetThatDoesNotFit(t *testing.T) {
	s := assetsFrom(t, "a.csv", "Asset Tag,Category,Status,Checked Out To\nA,Laptops,Ready to Deploy (deployed),Ann Archer\n", func(c *Config) { c.Preset = "snipeit" })
	if f := unusable(t, s); !strings.Contains(f.Happened, `it has none of the columns "username", "employee no.", "assigned_to.email", "assigned_to.username", "assigned_to.employee_number" for the field "owner", which the preset snipeit names`) ||
		!strings.Contains(f.Happened, `found: "Asset Tag"`) {
		t.Errorf("got %s", f.Happened)
	}
	_, err := peopleFrom(t, "p.csv", "userPrincipalName,id,accountEnabled\nann@example.org,1,True\n", func(c *Config) { c.Preset = "entra" }).Person(t.Context(), "1")
	if err == nil || !strings.Contains(err.Error(), `for the field "kind", which the preset entra names`) {
		t.Errorf("a guest could be taken for an employee: %v", err)
	}
	_, err = peopleFrom(t, "p.csv", "id,mail,userType,accountEnabled\n1,,Robot,True\n", func(c *Config) { c.Preset = "entra" }).Person(t.Context(), "1")
	if err == nil || !strings.Contains(err.Error(), `"Robot"`) {
		t.Errorf("got %v", err)
	}
	for name, c := range map[string]struct {
		config Config
		want   string
	}{
		"unknown": {Config{Name: "x", Assets: "a.csv", Preset: "snipe"}, `"snipe" is not a preset. Accepted: entra, google_workspace, intune, jamf, okta, servicenow, snipeit, workday.`},
		"people":  {Config{Name: "x", Assets: "a.csv", People: "p.csv", Preset: "snipeit"}, "an export of assets, not of people"},
		"tasks":   {Config{Name: "x", Tasks: "t.csv", Preset: "okta"}, "an export of people, not of tasks"},
	} {
		_, err := New(c.config)
		var config *system.ConfigError
		if !errors.As(err, &config) || len(config.Problems) != 1 || config.Problems[0].Attribute != "preset" || !strings.Contains(config.Problems[0].Message, c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
	}
}

// Every preset says only what a configuration may say, and is tried on an export.
func TestPresetsAreSound(t *testing.T) {
	for name, p := range presets() {
		m := table.Mapping{Preset: p.words}
		if _, problems := m.Check(); len(problems) > 0 {
			t.Errorf("%s: %+v", name, problems)
		}
		for of, part := range p.words.Tables {
			fields := table.Assets.Fields
			if of == table.NamePeople {
				fields = table.People.Fields
			}
			for field, c := range part.Columns {
				if !slices.Contains(fields, field) || len(c.Headers) == 0 || len(c.Headers) > 16 {
					t.Errorf("%s: the column %s of %s: %+v", name, field, of, c)
				}
			}
			for _, state := range part.Suffixes {
				if _, err := lifecycle.ParseState(state); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		if found, err := filepath.Glob(presetFile(name + ".*")); err != nil || len(found) == 0 {
			t.Errorf("%s has no export", name)
		}
	}
}

// What the interfaces of the tools write otherwise than their reports is read too.
func TestPresetsOfOtherShapes(t *testing.T) {
	const label = `{"id": 2, "name": "Ready to Deploy", "status_type": "deployable", "status_meta": "deployed"}`
	s := assetsFrom(t, "a.json", `{"total": 3, "rows": [
		{"asset_tag": "A", "status_label": `+label+`, "status": `+label+`, "eol": "36 months", "asset_eol_date": null, "assigned_to": {"username": "ann"},
		 "custom_fields": {"Environment": {"field": "_snipeit_environment_1", "value": "production"}, "Criticality": {"value": "ENCRYPTED"}}},
		{"asset_tag": "B", "status": `+label+`, "eol": "36 Monate", "asset_eol_date": {"date": "2028-03-01"}, "assigned_to": {"name": "Bob", "employee_number": "1002"}},
		{"asset_tag": "C", "status_label": `+label+`, "eol": "2028-03-01", "assigned_to": {"name": "Berlin", "type": "location"}}]}`,
		func(c *Config) { c.Preset = "snipeit" })
	end := instant("2028-03-01T23:59:59Z")
	for id, want := range map[string]lifecycle.Record{
		"A": {Owners: []string{"ann"}, Environment: "production"}, "B": {Owners: []string{"1002"}, RetirementDate: end}, "C": {RetirementDate: end},
	} {
		r := asset(t, s, id)
		if r.State != lifecycle.StateInService || !slices.Equal(r.Owners, want.Owners) || r.Environment != want.Environment || r.Criticality != "" || r.RetirementDate != want.RetirementDate {
			t.Errorf("%s: got %+v", id, r)
		}
	}
	s = assetsFrom(t, "a.csv", "Asset Tag,Status,Username,EOL,Last Audit\nA,x (deployed),ann,36 months,soon\nB,x (deployed),ann,3 Oct,\nC,x (deployed),ann,inf months,\n", func(c *Config) { c.Preset = "snipeit" })
	if f := unusable(t, s); len(f.Items) != 3 || !strings.Contains(f.Items[0], `holds "soon", and it is not a date`) || !strings.Contains(f.Items[1], "3 Oct") || !strings.Contains(f.Items[2], "inf months") {
		t.Errorf("got %s, %q", f.Happened, f.Items)
	}

	s = assetsFrom(t, "a.json", `{"result": [{"asset_tag": "A", "install_status": "In use", "assigned_to": {"display_value": "", "value": "u9"}},
		{"asset_tag": "B", "install_status": "In use", "assigned_to": {"display_value": "Ann Archer", "link": "https://example.org/u1"}},
		{"asset_tag": "C", "install_status": "In stock", "assigned_to": ""}]}`, func(c *Config) { c.Preset = "servicenow" })
	for id, want := range map[string][]string{"A": {"u9"}, "B": {"Ann Archer"}, "C": nil} {
		if r := asset(t, s, id); !slices.Equal(r.Owners, want) {
			t.Errorf("%s: got %+v", id, r)
		}
	}
}

// A deleted record is retired, and a deleted person has left, whatever else is said.
func TestPresetsOfDeletedRecords(t *testing.T) {
	for name, text := range map[string]string{
		"a.csv": "Asset Tag,Status,Username,Deleted\nA,x (deployed),ann,\nB,x (deployed),bob,2026-10-03 09:14:02\nC,x (deployed),cam,No\nD,x (deployed),cam,N/A\n",
		"a.json": `{"rows": [{"asset_tag": "A", "status_label": {"status_meta": "deployed"}, "assigned_to": {"username": "ann"}, "deleted_at": null},
			{"asset_tag": "B", "status_label": {"status_meta": "deployed"}, "deleted_at": {"datetime": "2026-10-03 09:14:02", "formatted": "x"}},
			{"asset_tag": "C", "status_label": {"status_meta": "deployed"}, "deleted_at": ""}, {"asset_tag": "D", "status_label": {"status_meta": "deployed"}}]}`,
	} {
		s := assetsFrom(t, name, text, func(c *Config) { c.Preset = "snipeit" })
		for id, want := range map[string]lifecycle.State{"A": lifecycle.StateInService, "B": lifecycle.StateRetired, "C": lifecycle.StateInService, "D": lifecycle.StateInService} {
			if r := asset(t, s, id); r.State != want || r.StateText != "" {
				t.Errorf("%s: got %+v", name, r)
			}
		}
	}
	s := assetsFrom(t, "a.json", `{"rows": [{"asset_tag": "A", "status_label": {"status_meta": "deployed"}, "deleted_at": {"when": "2026"}, "assigned_to": {"username": "ann"}}]}`, func(c *Config) { c.Preset = "snipeit" })
	if f := unusable(t, s); !strings.Contains(f.Happened, `"deleted_at" holds an object`) {
		t.Errorf("got %s", f.Happened)
	}
	s = assetsFrom(t, "a.csv", "Asset Tag,Status,Username,Deleted\nA,x (deployed),ann,nein\n", func(c *Config) { c.Preset = "snipeit" })
	if f := unusable(t, s); !strings.Contains(f.Happened, `line 2, column 20: "nein" does not tell whether the record was deleted`) {
		t.Errorf("got %s", f.Happened)
	}
	p := peopleFrom(t, "p.json", `{"value": [{"id": "1", "userPrincipalName": "ann", "userType": "Member", "accountEnabled": true, "deletedDateTime": "2026-10-03T09:14:02Z"},
		{"id": "2", "userPrincipalName": "bob", "userType": "Member", "accountEnabled": true, "deletedDateTime": null}]}`, func(c *Config) { c.Preset = "entra" })
	for id, want := range map[string]lifecycle.OwnerStatus{"1": lifecycle.PersonLeft, "2": lifecycle.PersonActive} {
		if got := person(t, p, id); got.Status != want {
			t.Errorf("got %+v", got)
		}
	}
}

// An export without any column by which its people are found is not a list of nobody.
func TestPresetsRequireKeys(t *testing.T) {
	for preset, texts := range map[string][2]string{
		"workday": {"Employee ID,Worker,Worker Type,Worker Status\n1001,Ann,Employee,Active\n", `"email" for the field "email", and none of "user name", "user_name", "username" for the field "username", and then nobody would be found by them; found: "Employee ID"`},
		"entra":   {"id,displayName,userType,accountEnabled\n1,Ann,Member,True\n", `and none of "userprincipalname", "user principal name" for the field "username"`},
	} {
		_, err := peopleFrom(t, "p.csv", texts[0], func(c *Config) { c.Preset = preset }).Person(t.Context(), "ann@example.org")
		if !errors.Is(err, fault.ErrUnavailable) || !strings.Contains(err.Error(), texts[1]) {
			t.Errorf("%s: got %v", preset, err)
		}
	}
	for _, header := range []string{"Primary_Work_Email", "Email_-_Primary_Work", "workEmail", "Work Email Address", "Email"} {
		s := peopleFrom(t, "p.json", `{"Report_Entry": [{"Employee_ID": "1001", "Worker_Type": "Employee", "Worker_Status": "Active", "`+header+`": "ann@example.org"}]}`, func(c *Config) { c.Preset = "workday" })
		if p := person(t, s, "ann@example.org"); p.ID != "1001" {
			t.Errorf("%s: got %+v", header, p)
		}
	}
}
