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

data "custody_asset" "billing" {
  asset = "cmdb/APP-0042"
}

output "billing_owners" {
  value = data.custody_asset.billing.exists ? data.custody_asset.billing.owners : []
}
