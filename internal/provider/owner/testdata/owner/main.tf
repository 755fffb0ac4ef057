variable "owner" {
  default = "alice"
}

data "custody_owner" "one" {
  owner = var.owner
}
