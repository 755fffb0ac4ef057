resource "custody_binding" "laptop" {
  asset = "cmdb/LAP-1"
}

resource "custody_grant" "vpn" {
  binding = custody_binding.laptop
  access  = "vpn/profile"
}
