variable "asset" {
  default = "cmdb/APP-1"
}

data "custody_asset" "one" {
  asset = var.asset
}
