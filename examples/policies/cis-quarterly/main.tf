# CIS Critical Security Controls 8.1, for quarterly reviews.
#
#   1.1       records are verified twice a year       stale_after = 180d
#   5.1, 5.5  accounts are validated every quarter    recertify_every = 90d
#   5.3       dormant accounts, 45 days               unused_after = 45d, access.unused blocks
#   5.5       an owner and a purpose                  required_fields
#   6.2       leavers lose access without a grace     owner.*, and task.open for offboarding

terraform {
  required_providers {
    custody = {
      source = "custodyhq/custody"
    }
  }
}

# The policy only observes at first. When the plans say what you want, give its entry of
# enforcement an enforce_from, so that the date is announced; in the end take it out.
provider "custody" {
  systems = {
    cmdb = { file = { assets = "inventory/assets.csv", people = "inventory/people.csv" } }
  }
  policy    = file("policy.json")
  plan_time = plantimestamp()
}

resource "custody_binding" "laptop" {
  asset = "cmdb/LT-0117"
}

resource "custody_grant" "vpn" {
  binding = custody_binding.laptop
  access  = "vpn/office"
}

resource "custody_binding" "billing" {
  asset = "cmdb/APP-0042"
}

resource "custody_grant" "billing_database" {
  binding = custody_binding.billing
  access  = "postgres/billing/admin"
  risk    = "privileged"
}

output "status" {
  value = {
    vpn              = custody_grant.vpn.status
    billing_database = custody_grant.billing_database.status
  }
}
