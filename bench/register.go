package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/custodyhq/terraform-provider-custody/internal/register"
)

// registerTarget is by how much 1,000 events may prolong an apply on PostgreSQL.
const registerTarget = 3 * time.Second

// registerConfig has one asset and n grants of it, so that nearly all of an apply is
// the grants. A register holds the id of a grant once, so every turn has its own.
var registerConfig = contender{name: nameCustody, provider: "custody", source: "custodyhq/custody", config: `
terraform {
  required_providers {
    custody = { source = "custodyhq/custody" }
  }
}

variable "n" { type = number }

variable "turn" { type = string }

variable "register" {
  type    = string
  default = ""
}

provider "custody" {
  register  = var.register == "" ? null : var.register
  workspace = var.register == "" ? null : var.turn
  systems   = { cmdb = { file = { assets = "assets.csv", people = "people.csv" } } }
  plan_time = plantimestamp()
}

resource "custody_binding" "b" {
  asset = "cmdb/APP-000000"
}

resource "custody_grant" "g" {
  count   = var.n
  binding = custody_binding.b
  access  = "${var.turn}/${count.index}"
}
`}

// measureRegister applies n grants without a register and with one, in turns.
func measureRegister(ctx context.Context, w *benchEnvironment, location string, n, turns int) (string, error) {
	runners, err := prepare(ctx, w, []contender{registerConfig})
	if err != nil {
		return "", err
	}
	r := runners[0]
	apply := func(turn, location string) (usage, error) {
		dir := filepath.Join(w.tmp, "register-"+turn)
		err := errors.Join(
			os.MkdirAll(dir, 0o750),
			os.WriteFile(filepath.Join(dir, "main.tf"), []byte(r.config), 0o600),
			writeLines(filepath.Join(dir, "assets.csv"), func(w *bufio.Writer) { writeAssets(w, 1, time.Now()) }),
			writeLines(filepath.Join(dir, "people.csv"), writePeople),
		)
		if err != nil {
			return usage{}, err
		}
		return r.run(ctx, dir, 0, fmt.Sprintf("%d added", n+1), "apply", "-no-color", "-auto-approve", "-parallelism=10",
			fmt.Sprintf("-var=n=%d", n), "-var=turn="+turn, "-var=register="+location)
	}
	at := location
	if at == "" {
		at = "sqlite:" + filepath.Join(w.tmp, "custody.db")
	}
	var without, with []usage
	for i := range turns {
		turn := "bench-" + strconv.FormatInt(time.Now().UnixNano(), 36)
		plain, err := apply(turn+"-without", "")
		if err != nil {
			return "", err
		}
		recorded, err := apply(turn, at)
		if err == nil {
			err = counted(ctx, at, turn, int64(n))
		}
		if err != nil {
			return "", err
		}
		progress("%d grants, turn %d: without a register %s, with it %s", n, i+1, plain.wall, recorded.wall)
		without, with = append(without, plain), append(with, recorded)
	}
	return registerTable(n, at, best(without), best(with)), nil
}

// counted fails unless the ledger of a workspace holds and has so many events.
func counted(ctx context.Context, location, workspace string, events int64) error {
	r, err := register.Open(ctx, register.Config{Location: location})
	if err != nil {
		return err
	}
	report, err := r.Verify(ctx, workspace, nil)
	if err == nil && (report.Break != nil || report.Head.Sequence != events) {
		err = fmt.Errorf("the ledger of %s has %d events, and should have %d: %+v", workspace, report.Head.Sequence, events, report.Break)
	}
	return errors.Join(err, r.Close())
}

func registerTable(n int, location string, without, with usage) string {
	kind, _, _ := strings.Cut(location, ":")
	more := with.wall - without.wall
	target := "–"
	if kind != "sqlite" {
		most := registerTarget * time.Duration(n) / 1000
		target = fmt.Sprintf("<= %s s more: %s", seconds(most), verdict(more <= most))
	}
	t := newTable("grants", "register", "wall s", "provider CPU s", "more than without, s", "target")
	t.row(grouped(float64(n)), "none", seconds(without.wall), seconds(without.providerCPU), "–", "–")
	t.row(grouped(float64(n)), kind, seconds(with.wall), seconds(with.providerCPU), seconds(more), target)
	return t.String()
}
