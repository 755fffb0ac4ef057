terraform {
  required_providers {
    custody = {
      source = "custodyhq/custody"
    }
  }
}

provider "custody" {
  register  = "sqlite:custody.db"
  workspace = "payments-${terraform.workspace}"
  plan_time = plantimestamp()
}

# What was decided about access this year, by control.
data "custody_events" "access" {
  kinds   = ["grant"]
  formats = ["csv", "html"]
}

output "evidence" {
  value     = data.custody_events.access.export["html"]
  sensitive = true
}

check "ledger" {
  assert {
    condition     = data.custody_events.access.chain.holds
    error_message = "The ledger does not hold: ${coalesce(data.custody_events.access.chain.problem, "unknown")}"
  }
}
