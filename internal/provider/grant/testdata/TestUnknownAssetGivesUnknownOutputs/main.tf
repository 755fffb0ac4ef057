resource "terraform_data" "asset" {
  input = "cmdb/APP-1"
}

resource "custody_binding" "app" {
  asset = terraform_data.asset.output
}

resource "custody_grant" "key" {
  binding = custody_binding.app
  access  = "key/billing"
}

output "status" {
  value = custody_grant.key.status
}
