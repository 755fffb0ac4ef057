data "custody_assets" "applications" {
  system = "cmdb"
  class  = ["application"]
}

locals {
  applications = data.custody_assets.applications.assets
}

resource "custody_binding" "app" {
  for_each = local.applications
  asset    = each.value.asset
}

resource "custody_grant" "key" {
  for_each = custody_binding.app
  binding  = each.value
  access   = "key/${each.key}"
}

resource "terraform_data" "credential" {
  for_each = merge([for id, g in custody_grant.key : { for k, v in g.generations : "${id}:${k}" => v.enabled }]...)
  input    = each.value
}
