terraform {
  required_providers {
    custody = { source = "custodyhq/custody" }
  }
}

data "custody_policy" "strict" {
  lifetimes = [{ ttl = "10d" }]
}

resource "custody_binding" "app" {
  asset = "cmdb/APP-1"
}

resource "custody_grant" "deferred" {
  binding = custody_binding.app
  access  = "key/billing"
  policy  = data.custody_policy.strict.json
}

resource "custody_grant" "known" {
  binding = custody_binding.app
  access  = "key/ledger"
  policy  = file("${path.module}/policy.json")
}
