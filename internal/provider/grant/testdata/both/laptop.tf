resource "custody_binding" "laptop" {
  asset = "cmdb/LAP-1"
}

resource "custody_grant" "vpn" {
  binding = custody_binding.laptop
  access  = "vpn/office"
}

resource "terraform_data" "laptop" {
  for_each = custody_grant.vpn.generations
  input    = each.value.holder
}
