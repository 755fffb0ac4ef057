data "custody_assets" "all" {
  system = "cmdb"
}
