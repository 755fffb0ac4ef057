data "custody_policy" "house" {
  confidence = {
    automate_at     = 0.8
    stale_after     = "365d"
    required_fields = ["owner"]
    points          = { owner_named = 30, owner_found = 20 }
  }
  lifetimes = [
    { risk = "privileged", criticality = "high", environment = "production", owner_kind = "vendor", class = "server", ttl = "7d", renew_before = "2d", overlap = "1d", recertify_every = "30d", spread = "0s" },
  ]
  exception_max   = "30d"
  lead_time       = "2w"
  review_deadline = "14d"
  unused_after    = "45d"
  enforcement = [
    { class = "*laptop*", risk = "standard", environment = "test", mode = "observe", enforce_from = "2030-01-01" },
  ]
  authority = {
    trust  = false
    attest = [{ risk = "privileged", class = "server", bound_to = "workload", who = ["team:security", "manager"] }]
    except = [{ who = ["lifecycle_owner"] }]
  }
  require_closed = [
    { class = "*laptop*", bound_to = "person", risk = "standard", environment = "test", criticality = "low", kinds = [] },
    { kinds = ["offboarding", "decommission"] },
  ]
  frameworks = ["pci-dss-4.0.1"]
  notices    = ["14d", "2d"]
  triggers = [
    { on = "task.open", class = "server", bound_to = "workload", risk = "standard", when = "asset.shared", action = "review", rotate = "overlap", grace = "7d", then = "block" },
  ]
  classes = { robot = { bound_to = "workload", lifecycle_owner = "payments", review_queue = "robots" } }
}

output "json" {
  value = data.custody_policy.house.json
}

data "custody_policy" "empty" {
}

output "empty" {
  value = data.custody_policy.empty.json
}

output "unmatched" {
  value = data.custody_policy.house.unmatched
}

data "custody_policy" "trusting" {
  authority  = { trust = true }
  frameworks = []
}

output "trusting" {
  value = data.custody_policy.trusting.json
}

data "custody_policy" "milder" {
  extends = data.custody_policy.house.json
  triggers = [
    { on = "owner.left", class = "kioks", action = "keep" },
  ]
  lifetimes = [
    { ttl = "60d" },
  ]
}

output "milder" {
  value = data.custody_policy.milder.milder
}

output "stricter" {
  value = data.custody_policy.milder.stricter
}

output "unknown" {
  value = data.custody_policy.milder.unmatched
}
