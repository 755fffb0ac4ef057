terraform {
  required_providers {
    custody = { source = "custodyhq/custody" }
  }
}

provider "custody" {
  systems = {
    cmdb = { file = { assets = "inventory/assets.csv", people = "inventory/people.csv", tasks = "inventory/tasks.csv" } }
  }
  policy = jsonencode({
    require_closed = [
      { bound_to = "person", kinds = ["offboarding", "reassignment"] },
      { risk = "privileged", kinds = ["offboarding", "decommission"] },
    ]
  })
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

resource "custody_grant" "export" {
  binding = custody_binding.billing
  access  = "aws/iam-access-key/billing-export"
}

output "vpn" {
  value = {
    status  = custody_grant.vpn.status
    keys    = keys(custody_grant.vpn.generations)
    because = custody_grant.vpn.because
  }
}
