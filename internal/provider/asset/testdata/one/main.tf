variable "assets" {
  type = set(string)
}

data "custody_asset" "of" {
  for_each = var.assets
  asset    = each.key
}
