# DORA, Commission Delegated Regulation (EU) 2024/1774, for an entity with critical or
# important functions. Say in the records which assets support one: criticality is
# critical or high.
#
#   4(2)(b)      owner, purpose and criticality are recorded    required_fields
#   21(c)        generic and shared accounts are limited        owner.shared asks for review
#   21(e)(ii)    privileged access for as long as it is needed  ttl = 30d
#   21(e)(iii)   leavers lose access without delay              owner.*, and task.open for offboarding
#   21(e)(iv)    rights are reviewed every year, every six      recertify_every = 365d, and 180d where
#                months where a critical function is supported  criticality is critical or high

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
