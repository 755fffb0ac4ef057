terraform {
  required_providers {
    custody = {
      source = "custodyhq/custody"
    }
  }
}

provider "custody" {
  systems = {
    cmdb = {
      file = {
        assets = "inventory/assets.csv"
        people = "inventory/people.csv"
        tasks  = "inventory/tasks.csv"
      }
    }
  }
  plan_time = plantimestamp()
  limits    = { revocations = 2 }
}

locals {
  grants = {
    billing-export = { asset = "cmdb/APP-0042", risk = "standard" }
    billing-admin  = { asset = "cmdb/APP-0042", risk = "privileged" }
    ledger-sync    = { asset = "cmdb/APP-0043", risk = "standard" }
    laptop-trust   = { asset = "cmdb/LT-0007", risk = "standard" }
  }
  assets = { for asset in concat(["cmdb/SRV-0001"], values(local.grants)[*].asset) : asset => asset... }
}

resource "custody_binding" "this" {
  for_each = local.assets
  asset    = each.key
}

resource "custody_grant" "this" {
  for_each = local.grants
  binding  = custody_binding.this[each.value.asset]
  access   = "access/${each.key}"
  risk     = each.value.risk
}

locals {
  credentials = merge([
    for name, grant in custody_grant.this : {
      for generation, facts in grant.generations : "${name}/${generation}" => facts
    }
  ]...)
}

resource "terraform_data" "credential" {
  for_each = local.credentials
  input    = each.value.enabled
}
