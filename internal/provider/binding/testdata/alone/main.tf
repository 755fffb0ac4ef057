resource "custody_binding" "app" {
  asset = "cmdb/APP-1"
}
