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

variable "rt_url" {
  type = string
}

variable "rt_token" {
  type      = string
  sensitive = true
}

provider "custody" {
  plan_time   = var.plan_time
  limits      = { revocations = -1 }
  directories = ["cmdb"]
  policy = jsonencode({
    lifetimes      = [{ risk = "standard", spread = "0s" }, { risk = "privileged", spread = "0s" }]
    require_closed = [{ kinds = ["decommission", "reassignment"] }]
  })
  systems = {
    hq = {
      request_tracker = {
        url        = var.rt_url
        token      = var.rt_token
        allow_http = true
        catalogs   = { "Applications" = "application" }
        queues     = { "Offboarding" = "offboarding", "Handovers" = "reassignment", "Decommissioning" = "decommission" }
        fields     = { purpose = "Purpose", environment = "Environment", criticality = "Criticality", verified_at = "Verified" }
        owner_role = "HeldBy"
      }
    }
    cmdb = { file = { people = "${var.inventory}/people.csv" } }
  }
}
