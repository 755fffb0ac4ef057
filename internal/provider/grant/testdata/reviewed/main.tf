variable "rt_url" {
  type = string
}

variable "rt_token" {
  type      = string
  sensitive = true
}

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
