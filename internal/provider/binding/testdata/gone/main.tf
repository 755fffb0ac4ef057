resource "custody_binding" "app" {
  asset = "cmdb/APP-1"
}

resource "custody_grant" "key" {
  binding = custody_binding.app
  access  = "key/billing"
}

resource "terraform_data" "credential" {
  for_each = custody_grant.key.generations
  input    = each.value.enabled
}

resource "custody_binding" "laptop" {
  asset = "cmdb/LAP-1"
}
