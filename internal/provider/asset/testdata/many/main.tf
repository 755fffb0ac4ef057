variable "filters" {
  type = map(object({
    system      = optional(string, "cmdb")
    class       = optional(list(string))
    owner       = optional(list(string))
    state       = optional(list(string))
    environment = optional(list(string))
    criticality = optional(list(string))
  }))
}

data "custody_assets" "by" {
  for_each    = var.filters
  system      = each.value.system
  class       = each.value.class
  owner       = each.value.owner
  state       = each.value.state
  environment = each.value.environment
  criticality = each.value.criticality
}
