// Package snipetest answers like a large Snipe-IT, to count and to time
// requests. The detailed answers of Snipe-IT are in the recorded answers of
// package rest.
package snipetest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// Server holds the assets 1 to Assets, none of them archived or deleted. Every
// answer takes as long as Latency.
type Server struct {
	Assets  int
	Latency time.Duration

	asked atomic.Int64
}

// Lists is the number of lists that together hold all assets: the main list,
// the archived assets and the deleted assets. The last two are empty here.
const Lists = 3

// Pages returns how many requests it takes to list n assets, size at a time.
func Pages(n, size int) int { return (n-1)/size + Lists }

// Holder returns the user name of the holder of the asset n: one of People.
func Holder(n int) string { return fmt.Sprintf("person%d", n%People) }

// People is the number of holders.
const People = 1000

// Asked returns how many requests there have been.
func (s *Server) Asked() int { return int(s.asked.Load()) }

// ServeHTTP answers the requests for one asset and for a page of them.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked.Add(1)
	if s.Latency > 0 {
		timer := time.NewTimer(s.Latency)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return
		}
	}
	w.Header().Set("Content-Type", "application/json")
	if id, single := strings.CutPrefix(r.URL.Path, "/api/v1/hardware/"); single {
		n, err := strconv.Atoi(id)
		if err != nil || n < 1 || n > s.Assets {
			_, _ = io.WriteString(w, `{"status":"error","messages":"Asset does not exist.","payload":null}`)
			return
		}
		_ = json.NewEncoder(w).Encode(hardware(n))
		return
	}
	q := r.URL.Query()
	total := s.Assets
	if q.Has("status") {
		total = 0
	}
	offset, _ := strconv.Atoi(q.Get("offset"))
	limit, _ := strconv.Atoi(q.Get("limit"))
	rows := []map[string]any{}
	for n := offset + 1; n <= min(offset+limit, total); n++ {
		rows = append(rows, hardware(n))
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"total": total, "rows": rows})
}

// hardware is an asset in the form of Snipe-IT.
func hardware(n int) map[string]any {
	return map[string]any{
		"id": n, "name": fmt.Sprintf("Laptop %d", n), "asset_tag": fmt.Sprintf("LAP-%d", n),
		"model": map[string]any{"id": 1, "name": "ThinkPad T14"}, "category": map[string]any{"id": 1, "name": "laptop"},
		"status_label":    map[string]any{"id": 2, "name": "In use", "status_type": "deployable", "status_meta": "deployed"},
		"assigned_to":     map[string]any{"id": n, "type": "user", "username": Holder(n), "email": nil, "employee_number": nil},
		"last_audit_date": map[string]any{"datetime": "2030-01-01 00:00:00"}, "last_checkout": nil, "deleted_at": nil, "custom_fields": []any{},
	}
}
