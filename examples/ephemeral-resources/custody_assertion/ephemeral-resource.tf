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
  policy    = jsonencode({ enforcement = [{ mode = "observe" }] }) # take nothing away yet
  plan_time = plantimestamp()
}

resource "custody_binding" "laptop" {
  asset = "cmdb/LT-0007"
}

resource "custody_grant" "vpn" {
  binding = custody_binding.laptop
  access  = "vpn/profile"
}

# Asks the systems once more when the plan is applied.
ephemeral "custody_assertion" "vpn" {
  grant = custody_grant.vpn
}

# Stands in for a VPN profile or any other credential.
resource "terraform_data" "profile" {
  for_each = custody_grant.vpn.generations
  input    = each.value.holder

  lifecycle {
    precondition {
      # terraform.applying: a plan is not stopped, so that it can take the access away.
      condition     = !terraform.applying || contains(ephemeral.custody_assertion.vpn.generations, each.key)
      error_message = "The laptop does not justify this VPN profile any more. Make a new plan."
    }
  }
}
