package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/kind/file"
)

const (
	targetReadTime   = 2 * time.Second
	targetReadMemory = 250 << 20
)

// providerGC is the garbage collector's setting that the provider runs with.
const providerGC = 400

// reading is what one read of an inventory took.
type reading struct {
	Wall time.Duration
	RSS  int64
}

// readHere reads the inventory in this process, which exists for nothing else,
// and prints what it took.
func readHere(path string, gc int) error {
	debug.SetGCPercent(gc)
	start := time.Now()
	s, err := file.New(file.Config{Name: "cmdb", Assets: path})
	if err != nil {
		return err
	}
	found, err := s.Asset(context.Background(), assetID(0))
	if err != nil || len(found) != 1 {
		return errors.Join(fmt.Errorf("found %d records of the first asset", len(found)), err)
	}
	wall := time.Since(start)
	rss, err := peakMemory()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(reading{Wall: wall, RSS: rss})
}

// peakMemory returns the most resident memory of this process so far. What
// Linux reports on exit may be that of the process which started this one.
func peakMemory() (int64, error) {
	if status, err := os.ReadFile("/proc/self/status"); err == nil {
		for line := range strings.Lines(string(status)) {
			var kb int64
			if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kb); err == nil {
				return kb << 10, nil
			}
		}
	}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return 0, err
	}
	if runtime.GOOS == "darwin" {
		return usage.Maxrss, nil
	}
	return usage.Maxrss << 10, nil
}

// measureReads reads an inventory of n assets in processes of their own.
func measureReads(ctx context.Context, w *benchEnvironment, n, turns int) (string, error) {
	path := filepath.Join(w.tmp, "assets.csv")
	if err := writeLines(path, func(b *bufio.Writer) { writeAssets(b, n, time.Now()) }); err != nil {
		return "", err
	}
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	t := newTable("assets", "CSV MB", "garbage collector", "seconds", "peak MB", "target")
	for _, gc := range []struct {
		percent int
		name    string
	}{{providerGC, "as in the provider"}, {100, "Go's default"}} {
		var all reading
		for i := range turns {
			r, err := readInChild(ctx, path, gc.percent)
			if err != nil {
				return "", err
			}
			if i == 0 || r.Wall < all.Wall {
				all.Wall = r.Wall
			}
			all.RSS = max(all.RSS, r.RSS)
		}
		progress("read %d assets: %s, %d MB", n, all.Wall.Round(time.Millisecond), all.RSS>>20)
		t.row(grouped(float64(n)), strconv.FormatInt(info.Size()>>20, 10), gc.name, seconds(all.Wall), strconv.FormatInt(all.RSS>>20, 10),
			fmt.Sprintf("<= %.0f s, <= %d MB: %s", targetReadTime.Seconds(), targetReadMemory>>20,
				verdict(all.Wall <= targetReadTime && all.RSS <= targetReadMemory)))
	}
	return t.String(), nil
}

func readInChild(ctx context.Context, path string, gc int) (reading, error) {
	var r reading
	self, err := os.Executable()
	if err != nil {
		return r, err
	}
	cmd := exec.CommandContext(ctx, self, "-read", path, "-gc", strconv.Itoa(gc))
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(text, &r)
}
