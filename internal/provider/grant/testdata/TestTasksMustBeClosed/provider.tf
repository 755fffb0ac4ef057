terraform {
  required_providers {
    custody = { source = "custodyhq/custody" }
  }
}

variable "plan_time" {
  type = string
}

variable "inventory" {
  type = string
}

# The brake is off, and renewals are not spread: tests of these set their own.
provider "custody" {
  plan_time = var.plan_time
  limits    = { revocations = -1 }
  policy = jsonencode({
    lifetimes      = [{ risk = "standard", spread = "0s" }, { risk = "privileged", spread = "0s" }]
    require_closed = [{ kinds = ["reassignment", "decommission"] }]
  })
  systems = {
    cmdb = { file = { assets = "${var.inventory}/assets.csv", people = "${var.inventory}/people.csv", tasks = "${var.inventory}/tasks.csv" } }
  }
}
