package file

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// writeInventory writes n assets as a CMDB would export them and returns the
// path of the file.
func writeInventory(tb testing.TB, n int) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "assets.csv")
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "id,class,name,state,owner,purpose,environment,criticality,third_party,shared,retirement_date,verified_at,assigned_at")
	classes := []string{"laptop", "application", "service", "pipeline", "phone"}
	for i := range n {
		fmt.Fprintf(w, "APP-%06d,%s,Asset number %d,in_service,person%d@example.org,\"Billing, export %d\",production,high,no,no,2031-12-31,2026-0%d-01,2025-03-%02d\n",
			i, classes[i%len(classes)], i, i%5000, i%700, i%9+1, i%28+1)
	}
	if err := w.Flush(); err != nil {
		tb.Fatal(err)
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
	return path
}

// BenchmarkLoad100k reads 100,000 assets from CSV and looks one up. The target
// is 2 s and, for the whole process, 250 MB.
func BenchmarkLoad100k(b *testing.B) {
	path := writeInventory(b, 100_000)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	b.ReportAllocs()
	for b.Loop() {
		s, err := New(Config{Name: "cmdb", Assets: path})
		if err != nil {
			b.Fatal(err)
		}
		found, err := s.Asset(context.Background(), "APP-099999")
		if err != nil || len(found) != 1 {
			b.Fatal(found, err)
		}
	}
	b.ReportMetric(peakMB(b), "peak-RSS-MB")
}

// peakMB returns the highest resident memory of this process so far, or 0 where
// the kernel does not say.
func peakMB(tb testing.TB) float64 {
	tb.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kb float64
		if _, err := fmt.Sscanf(line, "VmHWM: %f kB", &kb); err == nil {
			return kb / 1024
		}
	}
	return 0
}
