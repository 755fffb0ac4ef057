package provider_test

import (
	"testing"

	"github.com/custodyhq/terraform-provider-custody/internal/acctest"
)

const skeleton = `
terraform {
  required_providers { custody = { source = "custodyhq/custody" } }
}
provider "custody" {
  plan_time = "2030-01-15T09:00:00Z"
  systems   = { cmdb = { file = { assets = "assets.csv", people = "people.csv" } } }
}
resource "custody_binding" "app" { asset = "cmdb/APP-1" }
resource "custody_grant" "key" {
  binding = custody_binding.app
  access  = "key/billing"
}
resource "terraform_data" "credential" {
  for_each = custody_grant.key.generations
  input    = each.value.enabled
}
`

func TestKeysAreKnownOnTheFirstPlan(t *testing.T) {
	w := acctest.New(t)
	w.Write("main.tf", skeleton)
	w.Write("assets.csv", "id,class,state,owner,purpose,environment,criticality,verified_at\nAPP-1,application,in_service,alice,billing,production,high,2029-12-01\n")
	w.Write("people.csv", "id,username,status\np1,alice,active\n")
	w.Plan().Exits(2).Says(`terraform_data.credential["g1"] will be created`)
	w.Apply()
	w.Plan().Exits(0)
}
