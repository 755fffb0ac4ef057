locals {
  grants = {
    laptop = "cmdb/LAP-1"
    vpn    = "cmdb/LAP-1"
    mail   = "cmdb/LAP-1"
    key    = "cmdb/APP-1"
  }
}

resource "custody_binding" "of" {
  for_each = toset(values(local.grants))
  asset    = each.value
}

resource "custody_grant" "of" {
  for_each = local.grants
  binding  = custody_binding.of[each.value]
  access   = "access/${each.key}"
}
