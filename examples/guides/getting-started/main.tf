terraform {
  required_providers {
    custody = { source = "custodyhq/custody" }
  }
}

provider "custody" {
  systems = {
    cmdb = { file = { assets = "inventory/assets.csv", people = "inventory/people.csv" } }
  }
  policy    = jsonencode({ enforcement = [{ mode = "observe" }] }) # decide and show, and take nothing away yet
  plan_time = plantimestamp()
}

resource "custody_binding" "billing" {
  asset = "cmdb/APP-0042"
}

resource "custody_grant" "billing_export" {
  binding = custody_binding.billing
  access  = "aws/iam-access-key/billing-export"
}

resource "terraform_data" "key" { # stands in for aws_iam_access_key
  for_each = custody_grant.billing_export.generations
  input    = each.value.enabled ? "Active" : "Inactive"
}
