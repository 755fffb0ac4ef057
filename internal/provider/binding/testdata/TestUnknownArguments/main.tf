resource "terraform_data" "tag" {
  input = "payments"
}

resource "custody_binding" "app" {
  asset    = "cmdb/APP-1"
  evidence = { cloud_tag = terraform_data.tag.output }
}
