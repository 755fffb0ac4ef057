locals {
  laptops = { for a in csvdecode(file("assets.csv")) : a.id => a... }
}

resource "custody_binding" "of" {
  for_each = local.laptops
  asset    = "cmdb/${each.key}"
}

resource "custody_grant" "of" {
  for_each = local.laptops
  binding  = custody_binding.of[each.key]
  access   = "vpn"
}

resource "terraform_data" "credential" {
  for_each = { for k, g in custody_grant.of : k => keys(g.generations)[0] if g.active }
  input    = each.value
}
