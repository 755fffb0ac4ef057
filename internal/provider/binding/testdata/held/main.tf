resource "custody_binding" "active" {
  asset = "cmdb/APP-1"
}

resource "custody_grant" "active" {
  binding = custody_binding.active
  access  = "key/billing"
}

resource "custody_binding" "blocked" {
  asset = "cmdb/PLANNED"
}

resource "custody_grant" "blocked" {
  binding = custody_binding.blocked
  access  = "key/billing"
}

resource "custody_binding" "stale" {
  asset = "cmdb/STALE"
}

resource "custody_grant" "stale" {
  binding = custody_binding.stale
  access  = "key/billing"
}
