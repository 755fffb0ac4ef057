data "custody_assets" "empty_system" {
  system = ""
}

data "custody_assets" "no_class" {
  system = "cmdb"
  class  = []
}

data "custody_assets" "empty_class" {
  system = "cmdb"
  class  = [""]
}

data "custody_assets" "empty_owner" {
  system = "cmdb"
  owner  = [""]
}

data "custody_assets" "unknown_state" {
  system = "cmdb"
  state  = ["live"]
}

data "custody_assets" "empty_environment" {
  system      = "cmdb"
  environment = [""]
}

data "custody_assets" "empty_criticality" {
  system      = "cmdb"
  criticality = [""]
}
