resource "custody_binding" "app" {
  asset = "cmdb/APP-9"
  declared = {
    owner           = "DAVE"
    purpose         = "declared, as the record is silent"
    environment     = "production"
    third_party     = true
    retirement_date = "2030-12-31"
  }
  evidence   = { cloud_tag = "payments", codeowners = "dave@example.org" }
  successors = ["nobody", "bob"]
}
