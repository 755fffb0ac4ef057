package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// contender is one way to keep 2n things in a state, planned side by side with
// the others.
type contender struct {
	name     string // how the tables call it
	provider string // the type of its provider; empty if that is built in
	source   string
	config   string
}

// The shape is the same for all: a block of n, and a second block of n that
// refers to the first through a local, each with for_each over a local map, as
// the documentation advises.
const shape = `
variable "n" { type = number }

locals {
  # range() gives at most 1,024 numbers.
  numbers = flatten([for thousand in range(ceil(var.n / 1000)) : [for one in range(1000) : thousand * 1000 + one]])
  assets  = { for i in local.numbers : format("APP-%06d", i) => format("cmdb/APP-%06d", i) if i < var.n }
}
`

const custodyAccess = "billing-export API key"

const custodyConfig = `
terraform {
  required_providers {
    custody = { source = "custodyhq/custody" }
  }
}

provider "custody" {
  systems   = { cmdb = { file = { assets = "assets.csv", people = "people.csv" } } }
  plan_time = plantimestamp()
}

resource "custody_binding" "b" {
  for_each = local.assets
  asset    = each.value
}

locals {
  bound = custody_binding.b
}

resource "custody_grant" "g" {
  for_each = local.assets
  binding  = local.bound[each.key]
  access   = "` + custodyAccess + `"
}
` + shape

const timeConfig = `
terraform {
  required_providers {
    time = { source = "hashicorp/time" }
  }
}

resource "time_rotating" "b" {
  for_each      = local.assets
  rotation_days = 90
  triggers      = { asset = each.value }
}

locals {
  bound = time_rotating.b
}

resource "time_rotating" "g" {
  for_each      = local.assets
  rotation_days = 90
  triggers      = { binding = local.bound[each.key].id }
}
` + shape

const dataConfig = `
resource "terraform_data" "b" {
  for_each = local.assets
  input    = each.value
}

locals {
  bound = terraform_data.b
}

resource "terraform_data" "g" {
  for_each = local.assets
  input    = local.bound[each.key].output
}
` + shape

const (
	nameCustody = "custody"
	nameTime    = "time_rotating"
	nameData    = "terraform_data"
)

var contenders = []contender{
	{name: nameCustody, provider: "custody", source: "custodyhq/custody", config: custodyConfig},
	{name: nameTime, provider: "time", source: "hashicorp/time", config: timeConfig},
	{name: nameData, config: dataConfig},
}

// directly returns the contenders with configurations in which every instance of the
// second block names the first block itself, as users write it who have not read why
// not to.
func directly(all []contender) []contender {
	out := slices.Clone(all)
	for i := range out {
		_, rest, _ := strings.Cut(out[i].config, "bound = ")
		block, _, _ := strings.Cut(rest, "\n")
		out[i].config = strings.ReplaceAll(out[i].config, "local.bound[", block+"[")
	}
	return out
}

// bindings is the provider with a block of bindings only, by count, which costs the
// command line tool less than for_each.
var bindings = contender{name: nameCustody, provider: "custody", source: "custodyhq/custody", config: `
terraform {
  required_providers {
    custody = { source = "custodyhq/custody" }
  }
}

variable "n" { type = number }

provider "custody" {
  systems   = { cmdb = { file = { assets = "assets.csv", people = "people.csv" } } }
  plan_time = plantimestamp()
}

resource "custody_binding" "b" {
  count = var.n
  asset = format("cmdb/APP-%06d", count.index)
}
`}

// people is how many people own the assets between them.
const people = 200

func assetID(i int) string { return fmt.Sprintf("APP-%06d", i) }

func personID(i int) string { return fmt.Sprintf("P-%04d", i%people) }

// writeModule writes the configuration of a contender into a new folder, and
// the inventory that goes with it.
func writeModule(dir string, c contender, n int, now time.Time) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(c.config), 0o600); err != nil {
		return err
	}
	if c.name != nameCustody {
		return nil
	}
	return errors.Join(
		writeLines(filepath.Join(dir, "assets.csv"), func(w *bufio.Writer) { writeAssets(w, n, now) }),
		writeLines(filepath.Join(dir, "people.csv"), writePeople),
	)
}

func writeLines(path string, write func(*bufio.Writer)) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	write(w)
	return errors.Join(w.Flush(), f.Close())
}

// line writes a line; the writer keeps the first error until it is flushed.
func line(w *bufio.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) }

// writeAssets writes n healthy assets as an asset system would export them.
func writeAssets(w *bufio.Writer, n int, now time.Time) {
	line(w, "id,class,name,state,owner,purpose,environment,criticality,third_party,shared,retirement_date,verified_at")
	retired, verified := now.AddDate(3, 0, 0).Format(time.DateOnly), now.AddDate(0, 0, -20).Format(time.DateOnly)
	for i := range n {
		line(w, "%s,application,Asset %s,in_service,%s@example.org,\"Billing, export\",production,high,no,no,%s,%s",
			assetID(i), assetID(i), personID(i), retired, verified)
	}
}

func writePeople(w *bufio.Writer) {
	line(w, "id,email,username,name,kind,status,end_date,manager,teams")
	for i := range people {
		id := personID(i)
		line(w, "%s,%s@example.org,,Person %s,employee,active,,M-0001,billing", id, id, id)
	}
	line(w, "M-0001,M-0001@example.org,,Manager,employee,active,,,billing")
}
