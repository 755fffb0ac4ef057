resource "custody_binding" "app" {
  asset = "cmdb/APP-1"
}

resource "custody_grant" "standard" {
  binding = custody_binding.app
  access  = "key/read"
}

resource "custody_grant" "privileged" {
  binding = custody_binding.app
  access  = "key/write"
  risk    = "privileged"
}
