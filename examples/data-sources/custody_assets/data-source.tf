terraform {
  required_providers {
    custody = {
      source = "custodyhq/custody"
    }
  }
}

provider "custody" {
  systems = {
    cmdb = { file = { assets = "inventory/assets.csv", people = "inventory/people.csv" } }
  }
  policy    = jsonencode({ enforcement = [{ mode = "observe" }] }) # take nothing away yet
  plan_time = plantimestamp()
}

data "custody_assets" "production" {
  system      = "cmdb"
  class       = ["application", "integration"]
  environment = ["production"]
}

locals {
  # Every asset that is found, whatever its state: an asset that retires must
  # stay here, so that its grant can revoke. Filtering by state would destroy
  # the grant, and its history with it.
  production = data.custody_assets.production.assets

  # Through a local all bindings are evaluated once; named directly in the
  # grant below, they would be evaluated anew for each of them.
  bindings = custody_binding.production
}

resource "custody_binding" "production" {
  for_each = local.production
  asset    = each.value.asset
}

resource "custody_grant" "deploy" {
  for_each = local.production
  binding  = local.bindings[each.key]
  access   = "ci/deploy/${each.key}"
}
