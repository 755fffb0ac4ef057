package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/kind/rest"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/systemtest/snipetest"
)

const (
	latency       = 50 * time.Millisecond
	pageSize      = 500
	extraRequests = 30  // that a plan may make besides the pages
	filePlans     = 2.0 // that a plan may take besides the time of the pages
)

// The same assets by count, which costs the command line tool less than
// for_each. A budget is for a real server.
const serverConfig = `
terraform {
  required_providers {
    custody = { source = "custodyhq/custody" }
  }
}

variable "n" { type = number }

variable "url" {
  type    = string
  default = ""
}

provider "custody" {
  systems = {
    hq = {
      file    = var.url == "" ? { assets = "assets.csv" } : null
      snipeit = var.url == "" ? null : { url = var.url, token = "none", page_size = %d, requests_per_minute = -1 }
    }
    corp = { file = { people = "people.csv" } }
  }
  plan_time = plantimestamp()
}

resource "custody_binding" "b" {
  count = var.n
  asset = "hq/${count.index + 1}"
}
`

// measureServers plans n bindings over files and over a server, and reads the
// pages of that server alone.
func measureServers(ctx context.Context, w *benchEnvironment, n, turns int) (string, error) {
	dir := filepath.Join(w.tmp, "servers")
	if err := writeServers(dir, n); err != nil {
		return "", err
	}
	r, err := serverRunner(ctx, w)
	if err != nil {
		return "", err
	}
	fake := &snipetest.Server{Assets: n, Latency: latency}
	url, stop, err := listen(fake)
	if err != nil {
		return "", err
	}
	defer stop()
	plan := func(url string) (usage, error) {
		return r.run(ctx, dir, 2, fmt.Sprintf("Plan: %d to add", n), "plan", "-no-color", "-detailed-exitcode", "-lock=false",
			fmt.Sprintf("-var=n=%d", n), "-var=url="+url)
	}
	var files, server, pages []usage
	var asked, listed int
	for range turns {
		f, err := plan("")
		if err != nil {
			return "", err
		}
		before := fake.Asked()
		s, err := plan(url)
		if err != nil {
			return "", err
		}
		asked = max(asked, fake.Asked()-before)
		before = fake.Asked()
		p, err := list(ctx, url, n)
		if err != nil {
			return "", err
		}
		listed = fake.Asked() - before
		progress("%d bindings: files %s, server %s with %d requests, pages alone %s", n, f.wall, s.wall, asked, p)
		files, server, pages = append(files, f), append(server, s), append(pages, usage{wall: p})
	}
	return serverTable(n, listed, asked, best(files), best(server), best(pages)), nil
}

func serverTable(n, listed, asked int, files, server, pages usage) string {
	limit := time.Duration(filePlans*float64(files.wall)) + pages.wall
	t := newTable("bindings", "from", "requests", "wall s", "provider CPU s", "provider peak MB", "target")
	row := func(from, requests string, u usage, target string) {
		cpu, rss := "–", "–"
		if u.providerRSS > 0 {
			cpu, rss = seconds(u.providerCPU), strconv.FormatInt(u.providerRSS>>20, 10)
		}
		t.row(grouped(float64(n)), from, requests, seconds(u.wall), cpu, rss, target)
	}
	row("files", "–", files, "–")
	row("a server", strconv.Itoa(asked), server, fmt.Sprintf("<= %d pages + %d requests: %s; <= %.0f times the files and the pages, %s s: %s",
		listed, extraRequests, verdict(asked <= listed+extraRequests), filePlans, seconds(limit), verdict(server.wall <= limit)))
	row("the server's pages alone, without a plan", strconv.Itoa(listed), pages, "–")
	return t.String()
}

// serverRunner runs the command line tool with our provider.
func serverRunner(ctx context.Context, w *benchEnvironment) (*runner, error) {
	runners, err := prepare(ctx, w, contenders[:1])
	if err != nil {
		return nil, err
	}
	return runners[0], nil
}

// writeServers writes the module, and the files that hold what the server does.
func writeServers(dir string, n int) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "main.tf"), fmt.Appendf(nil, serverConfig, pageSize), 0o600),
		writeLines(filepath.Join(dir, "assets.csv"), func(w *bufio.Writer) {
			line(w, "id,class,name,state,owner,verified_at")
			for i := 1; i <= n; i++ {
				line(w, "%d,laptop,Laptop %d,in_service,%s,2030-01-01", i, i, snipetest.Holder(i))
			}
		}),
		writeLines(filepath.Join(dir, "people.csv"), func(w *bufio.Writer) {
			line(w, "id,username,kind,status")
			for i := range snipetest.People {
				line(w, "p%d,%s,employee,active", i, snipetest.Holder(i))
			}
		}),
	)
}

// listen serves on a port of the loopback interface.
func listen(h http.Handler) (url string, stop func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(l) }()
	return "http://" + l.Addr().String(), func() { _ = server.Close() }, nil
}

// list reads all assets and returns how long that took.
func list(ctx context.Context, url string, n int) (time.Duration, error) {
	s, err := rest.New(rest.Config{
		Name: "hq", Kind: "snipeit", URL: url, Secrets: map[string]string{"token": "none"}, PageSize: pageSize, RequestsPerMinute: -1,
	})
	if err != nil {
		return 0, err
	}
	assets, ok := system.AsAssets(s)
	if !ok {
		return 0, errors.New("the system has no assets")
	}
	start, found := time.Now(), 0
	for _, err := range assets.Assets(ctx) {
		if err != nil {
			return 0, err
		}
		found++
	}
	if found != n {
		return 0, fmt.Errorf("listed %d assets of %d", found, n)
	}
	return time.Since(start), nil
}
