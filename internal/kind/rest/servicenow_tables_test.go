package rest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// serviceNow answers for the tables that reviews use, as the documentation of ServiceNow's
// Table API says: it cannot be installed. A test against it shows that the description and
// the documentation agree, and no more.
type serviceNow struct {
	lock   sync.Mutex
	tables map[string][]map[string]string
	made   int
}

const (
	reviewTable  = "u_access_review"
	serviceDates = time.DateTime
)

func newServiceNow() *serviceNow {
	s := &serviceNow{tables: map[string][]map[string]string{
		"sys_dictionary": {{"name": reviewTable, "element": "", "internal_type": "collection", "audit": "true"}},
		reviewTable:      nil, "sys_audit": nil, "sys_journal_field": nil,
	}}
	for value, label := range map[string]string{"1": "Open", "3": "Still needed", "4": "No longer needed", "7": "Withdrawn"} {
		s.tables["sys_choice"] = append(s.tables["sys_choice"], map[string]string{"name": reviewTable, "element": "state", "value": value, "label": label})
	}
	for _, user := range []string{"asks", "reads", "ann", "ben", "zoe"} {
		s.tables["sys_user"] = append(s.tables["sys_user"], map[string]string{"sys_id": "id-of-" + user, "user_name": user, "active": "true"})
	}
	s.tables["sys_user"] = append(s.tables["sys_user"], map[string]string{"sys_id": "id-of-eve", "user_name": "nosuch", "active": "false"})
	return s
}

// now is the time of the next change: each is made a second after the one before.
func (s *serviceNow) now() string {
	s.made++
	return time.Date(2030, time.January, 15, 9, 0, 0, 0, time.UTC).Add(time.Duration(s.made) * time.Second).Format(serviceDates)
}

// open makes a record of the table of reviews. Its id says nothing of when it was made.
func (s *serviceNow) open(user string, with map[string]string) map[string]string {
	at := s.now()
	r := map[string]string{
		"sys_id": fmt.Sprintf("%08x%024d", 0xffffffff-uint32(s.made), s.made), "number": fmt.Sprintf("REV%07d", s.made), "state": "1", "active": "true",
		"short_description": "", "description": "", "correlation_id": "", "assigned_to": "", "due_date": "",
		"opened_by": "id-of-" + user, "sys_created_by": user, "sys_created_on": at, "sys_updated_on": at,
	}
	maps.Copy(r, with)
	s.tables[reviewTable] = append(s.tables[reviewTable], r)
	return r
}

// change changes a record of the table of reviews: it is audited, a comment becomes an
// entry of the journal, and a record whose state is closed is not active.
func (s *serviceNow) change(user, id string, with map[string]string) map[string]string {
	i := slices.IndexFunc(s.tables[reviewTable], func(r map[string]string) bool { return r["sys_id"] == id })
	if i < 0 {
		return nil
	}
	r, at := s.tables[reviewTable][i], s.now()
	for name, value := range with {
		switch {
		case name == "comments":
			s.tables["sys_journal_field"] = append(s.tables["sys_journal_field"], map[string]string{
				"sys_id": "note-" + at, "element_id": id, "element": name, "value": value, "sys_created_by": user, "sys_created_on": at,
			})
			continue
		case r[name] != value:
			s.tables["sys_audit"] = append(s.tables["sys_audit"], map[string]string{
				"sys_id": "audit-" + name + at, "tablename": reviewTable, "documentkey": id, "fieldname": name, "oldvalue": r[name], "newvalue": value,
				"user": user, "sys_created_on": at,
			})
		}
		r[name] = value
	}
	r["sys_updated_on"] = at
	r["active"] = strconv.FormatBool(!slices.Contains([]string{"3", "4", "7"}, r["state"]))
	return r
}

func (s *serviceNow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.lock.Lock()
	defer s.lock.Unlock()
	user, password, _ := r.BasicAuth()
	table, id, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/now/table/"), "/")
	rows, known := s.tables[table]
	switch {
	case password != "password of "+user:
		answerServiceNow(w, http.StatusUnauthorized, "User Not Authenticated")
	case user == "guest":
		answerServiceNow(w, http.StatusForbidden, "User Not Authorized")
	case !known:
		answerServiceNow(w, http.StatusBadRequest, "Invalid table "+table)
	case r.Method == http.MethodGet:
		s.list(w, r, user, table, rows)
	case user != "asks" || table != reviewTable:
		answerServiceNow(w, http.StatusForbidden, "Operation Failed")
	default:
		var with map[string]string
		if err := json.NewDecoder(r.Body).Decode(&with); err != nil {
			answerServiceNow(w, http.StatusBadRequest, "Exception while reading request")
			return
		}
		status, made := http.StatusOK, map[string]string(nil)
		if r.Method == http.MethodPost {
			status, made = http.StatusCreated, s.open(user, with)
		} else if made = s.change(user, id, with); made == nil {
			answerServiceNow(w, http.StatusNotFound, "No Record found")
			return
		}
		writeServiceNow(w, status, map[string]any{"result": s.shown(r, made)})
	}
}

// list answers a query. Rows of reviews are counted for zoe, and left out.
func (s *serviceNow) list(w http.ResponseWriter, r *http.Request, user, table string, rows []map[string]string) {
	q := r.URL.Query()
	rows = matching(rows, q.Get("sysparm_query"))
	limit, offset := 10000, 0
	for name, to := range map[string]*int{"sysparm_limit": &limit, "sysparm_offset": &offset} {
		if n, err := strconv.Atoi(q.Get(name)); err == nil {
			*to = n
		}
	}
	w.Header().Set("X-Total-Count", strconv.Itoa(len(rows)))
	shown := []any{}
	for _, row := range rows[min(offset, len(rows)):min(offset+limit, len(rows))] {
		if user != "zoe" || table != reviewTable {
			shown = append(shown, s.shown(r, row))
		}
	}
	writeServiceNow(w, http.StatusOK, map[string]any{"result": shown})
}

// matching applies an encoded query. A term with an unknown column is ignored.
func matching(rows []map[string]string, query string) []map[string]string {
	rows = slices.Clone(rows)
	for term := range strings.SplitSeq(query, "^") {
		if by, ok := strings.CutPrefix(term, "ORDERBY"); ok {
			slices.SortStableFunc(rows, func(a, b map[string]string) int { return strings.Compare(a[by], b[by]) })
			continue
		}
		for _, operator := range []string{">=", "=", "IN"} {
			name, value, ok := strings.Cut(term, operator)
			if !ok {
				continue
			}
			rows = slices.DeleteFunc(rows, func(row map[string]string) bool {
				have, known := row[name]
				switch {
				case !known:
					return false
				case operator == ">=":
					return have < value
				case operator == "IN":
					return !slices.Contains(strings.Split(value, ","), have)
				}
				return !strings.EqualFold(have, value)
			})
			break
		}
	}
	return rows
}

// shown returns the columns that were asked for, each with its value and its display value.
func (s *serviceNow) shown(r *http.Request, row map[string]string) map[string]any {
	out := make(map[string]any)
	for name := range strings.SplitSeq(r.URL.Query().Get("sysparm_fields"), ",") {
		value := row[name]
		cell := map[string]string{"value": value, "display_value": "shown " + value}
		switch name {
		case "assigned_to.user_name":
			cell["value"] = strings.TrimPrefix(row["assigned_to"], "id-of-")
		case "opened_by":
			cell["link"] = "http://" + r.Host + "/api/now/table/sys_user/" + value
		}
		out[name] = cell
	}
	return out
}

func answerServiceNow(w http.ResponseWriter, status int, message string) {
	writeServiceNow(w, status, map[string]any{"error": map[string]string{"message": message, "detail": ""}, "status": "failure"})
}

func writeServiceNow(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		panic(err)
	}
}

// of calls a function while no request is answered.
func (s *serviceNow) of(t *testing.T, f func() map[string]string) map[string]string {
	t.Helper()
	s.lock.Lock()
	defer s.lock.Unlock()
	r := f()
	if r == nil {
		t.Fatal("there is no such record")
	}
	return r
}
