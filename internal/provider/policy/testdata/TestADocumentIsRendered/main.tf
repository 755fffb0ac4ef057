data "custody_policy" "house" {
  confidence = {
    automate_at     = 0.8
    stale_after     = "365d"
    required_fields = ["owner"]
    points          = { owner_named = 30, owner_found = 20 }
  }
  lifetimes = [
    { risk = "privileged", criticality = "high", environment = "production", owner_kind = "vendor", class = "server", ttl = "7d", renew_before = "2d", overlap = "1d", recertify_every = "30d" },
  ]
  exception_max = "30d"
  lead_time     = "2w"
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
