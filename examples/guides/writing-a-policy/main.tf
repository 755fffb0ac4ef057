terraform {
  required_providers {
    custody = { source = "custodyhq/custody" }
  }
}

provider "custody" {
  systems = {
    cmdb = { file = { assets = "inventory/assets.csv", people = "inventory/people.csv" } }
  }
  policy    = file("policy.json")
  plan_time = plantimestamp()
}

locals {
  grants = {
    billing-export = { asset = "cmdb/APP-0042", policy = null }
    card-vault     = { asset = "cmdb/APP-0044", policy = file("payments.json") }
  }
}

resource "custody_binding" "this" {
  for_each = local.grants
  asset    = each.value.asset
}

resource "custody_grant" "this" {
  for_each = local.grants
  binding  = custody_binding.this[each.key]
  access   = "aws/iam-access-key/${each.key}"
  policy   = each.value.policy
}

output "grants" {
  value = { for name, grant in custody_grant.this : name => {
    status     = grant.status
    expires_at = { for key, generation in grant.generations : key => generation.expires_at }
    because    = grant.because
  } }
}
