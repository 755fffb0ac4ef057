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
  # for_each over a local map is much faster than over an expression.
  assets = {
    billing = "cmdb/APP-0042"
    ledger  = "cmdb/APP-0043"
    laptop  = "cmdb/LT-0007"
  }
}

resource "custody_binding" "this" {
  for_each = local.assets
  asset    = each.value
}

# What the record leaves out may be declared, other claims of ownership may be
# compared with the record, and successors may be proposed.
resource "custody_binding" "tax" {
  asset = "cmdb/INT-0003"

  declared = {
    third_party     = true
    retirement_date = "2099-06-30"
  }
  evidence = {
    codeowners = "grace@example.org"
  }
  successors = ["ada@example.org"]
}

output "holders" {
  value = { for name, binding in custody_binding.this : name => binding.holder }
}
