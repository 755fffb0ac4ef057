data "custody_policy" "strict" {
  provider  = custody.pure
  extends   = data.custody_policy.house.json
  lifetimes = [{ ttl = "10d" }]
}

resource "custody_binding" "app" {
  asset = "cmdb/APP-1"
}

resource "custody_grant" "key" {
  binding = custody_binding.app
  access  = "key/billing"
}

resource "custody_grant" "strict" {
  binding = custody_binding.app
  access  = "key/ledger"
  policy  = data.custody_policy.strict.json
}
