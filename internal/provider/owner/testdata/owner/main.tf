variable "owners" {
  type = set(string)
}

data "custody_owner" "of" {
  for_each = var.owners
  owner    = each.key
}
