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
  plan_time = plantimestamp()
}

locals {
  owners = {
    billing = "ada@example.org"
    ledger  = "finance-platform@example.org"
  }
}

data "custody_owner" "this" {
  for_each = local.owners
  owner    = each.value
}

output "present" {
  value = { for name, owner in data.custody_owner.this : name => owner.exists && owner.status == "active" }
}
