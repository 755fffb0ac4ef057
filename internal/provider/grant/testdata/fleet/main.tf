resource "custody_binding" "laptop" {
  asset = "cmdb/LAP-1"
}

resource "custody_grant" "vpn" {
  for_each            = toset(["a", "b", "c"])
  binding             = custody_binding.laptop
  access              = "vpn/${each.key}"
  on_block            = "remove"
  rotate_when_changed = { secret = "1" }
  revoke_generations  = []
}
