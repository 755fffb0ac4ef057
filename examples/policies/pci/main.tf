# PCI DSS 4.0.1.
#
#   7.2.4           user accounts, every six months       recertify_every = 180d
#   7.2.5.1         application and system accounts       the same, privileged 90d
#   8.2.5           terminated users, at once             owner.*, and task.open for offboarding
#   8.2.6           inactive for 90 days                  unused_after = 90d, access.unused blocks
#   8.3.9, 8.6.3    secrets change every 90 days          ttl = 90d, privileged 30d
#   12.5.1          the inventory is kept current         stale_after = 180d
#
# How long an exception may last is not in the standard: exception_max = 90d.

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
