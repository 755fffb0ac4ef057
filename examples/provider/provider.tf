terraform {
  required_version = ">= 1.8"
  required_providers {
    custody = {
      source = "custodyhq/custody"
    }
  }
}

provider "custody" {
  # Where facts come from. The name is the part before the slash: "cmdb/APP-0042".
  systems = {
    cmdb = {
      file = {
        assets      = "inventory/assets.csv"
        tasks       = "inventory/tasks.csv"
        states      = { "in use" = "in_service", "disposed" = "retired" }
        min_records = { assets = 3 } # fewer means that the export was cut off
      }
    }
    corp = {
      file = { people = "inventory/people.csv" }
    }
  }

  # Decide and show, and take nothing away yet. Without this line, and for the classes
  # that a policy says, what is decided is done.
  policy = jsonencode({ enforcement = [{ mode = "observe" }] })

  # The same instant at plan and apply, so that expiries stand in the plan.
  plan_time    = plantimestamp()
  max_plan_age = "24h"

  # How many credentials one plan may take away.
  limits = { revocations = 10 }
}
