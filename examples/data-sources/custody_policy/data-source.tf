terraform {
  required_providers {
    custody = {
      source = "custodyhq/custody"
    }
  }
}

# Rendering a document asks no system. It needs a provider configuration of its
# own, since the other one waits for the document.
provider "custody" {
  alias = "render"
}

# It starts from the built-in baseline and states only what differs from it.
data "custody_policy" "organisation" {
  provider = custody.render

  confidence = {
    automate_at = 0.95
    stale_after = "90d"
  }

  lifetimes = [
    { criticality = "high", risk = "privileged", ttl = "7d", recertify_every = "30d" },
    { owner_kind = "contractor", ttl = "30d" },
  ]

  # Laptops are enforced. Everything else is observed until then.
  enforcement = [
    { class = "*laptop*", mode = "enforce" },
    { mode = "observe", enforce_from = "2030-01-01" },
  ]

  # Beside the manager and the lifecycle owner, security may decide on privileged access.
  authority = {
    attest = [{ risk = "privileged", who = ["team:security", "manager", "lifecycle_owner"] }]
  }

  unused_after = "45d"
  frameworks   = ["nist-csf-2.0", "cis-8.1"]

  # For each finding the first trigger that matches decides.
  triggers = [
    {
      on       = "owner.left"
      bound_to = "workload"
      when     = "asset.environment == \"production\" && binding.successor == \"\""
      action   = "block"
      rotate   = "overlap"
    },
    { on = "task.open", action = "recertify", grace = "3d", then = "block" },
  ]

  classes = {
    "*kiosk*"   = { bound_to = "workload", lifecycle_owner = "facilities@example.org" }
    application = { lifecycle_owner = "finance-platform@example.org" }
  }
}

# A stricter document for some grants: it extends the organisation's.
data "custody_policy" "payments" {
  provider = custody.render
  extends  = data.custody_policy.organisation.json

  triggers = [
    { on = "record.stale", action = "block" },
  ]
}

# What the document gives up, and what it names that nothing is called.
output "milder_than_the_baseline" {
  value = data.custody_policy.organisation.milder
}

output "unmatched" {
  value = data.custody_policy.organisation.unmatched
}

provider "custody" {
  systems = {
    cmdb = { file = { assets = "inventory/assets.csv", people = "inventory/people.csv" } }
  }
  policy    = data.custody_policy.organisation.json
  plan_time = plantimestamp()
}

resource "custody_binding" "billing" {
  asset = "cmdb/APP-0042"
}

resource "custody_grant" "billing_export" {
  binding = custody_binding.billing
  access  = "aws/iam-access-key/billing-export"
  policy  = data.custody_policy.payments.json
}
