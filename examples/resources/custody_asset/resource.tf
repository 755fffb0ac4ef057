terraform {
  required_providers {
    custody = {
      source = "custodyhq/custody"
    }
  }
}

provider "custody" {
  register  = "sqlite:custody.db"
  workspace = "platform"
  systems = {
    code = { register = {} } # reads the records of all workspaces
    corp = { file = { people = "inventory/people.csv" } }
  }
  policy    = jsonencode({ classes = { service_account = { bound_to = "workload" } }, enforcement = [{ mode = "observe" }] }) # take nothing away yet
  plan_time = plantimestamp()
}

# A service account that no asset system knows.
resource "custody_asset" "deployer" {
  asset       = "code/ci-deployer"
  class       = "service_account"
  name        = "CI deployer"
  owners      = ["platform"]
  purpose     = "deploys the shop"
  environment = "production"
  criticality = "high"
  verified_at = "2026-11-01" # who looks at it again writes a new date
}

# The plan that writes the record knows what follows from it.
resource "custody_binding" "deployer" {
  asset = custody_asset.deployer.asset
}

resource "custody_grant" "deploy" {
  binding = custody_binding.deployer
  access  = "aws/deploy"
}
