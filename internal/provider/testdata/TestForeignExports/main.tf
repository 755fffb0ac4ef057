resource "custody_binding" "laptop" {
  asset = "itam/L-7"
}

resource "custody_grant" "vpn" {
  binding = custody_binding.laptop
  access  = "vpn/office"
}
