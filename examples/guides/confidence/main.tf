terraform {
  required_providers {
    custody = { source = "custodyhq/custody" }
  }
}

provider "custody" {
  systems = {
    cmdb = { file = { assets = "inventory/assets.csv", people = "inventory/people.csv" } }
  }
  plan_time = plantimestamp()
}

locals {
  # What the configuration says of each asset besides.
  assets = {
    clean        = {}
    unverified   = {}
    stale        = {}
    corroborated = { codeowners = "grace@example.org" }
    contradicted = { codeowners = "alan@example.org" }
    two-owners   = {}
    no-owner     = {}
    stranger     = {}
    incomplete   = {}
    left         = {}
    retired      = {}
    cleared      = {}
  }
}

resource "custody_binding" "this" {
  for_each = local.assets
  asset    = "cmdb/${each.key}"
  evidence = each.value
}

resource "custody_grant" "this" {
  for_each = local.assets
  binding  = custody_binding.this[each.key]
  access   = "vpn/${each.key}"
}

output "confidence" {
  value = { for name, binding in custody_binding.this : name => format("%.2f %s", binding.confidence, join(" ", binding.findings[*].code)) }
}

output "grants" {
  value = { for name, grant in custody_grant.this : name => "${grant.status}: ${join(" ", [for why in grant.because : split(" ", why)[0]])}" }
}
