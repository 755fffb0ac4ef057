resource "custody_binding" "app" {
  asset = "cmdb/APP-1"
}

resource "custody_grant" "reports" {
  binding = custody_binding.app
  access  = "shop/reports"
}
