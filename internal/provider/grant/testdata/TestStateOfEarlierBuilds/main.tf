variable "attested" {
  type    = bool
  default = false
}

locals {
  grants = {
    "APP-1" = "aws/iam-access-key/billing"
    "APP-2" = "aws/iam-access-key/payroll"
    "APP-3" = "aws/iam-access-key/old"
    "APP-4" = "aws/iam-access-key/shared"
    "LAP-1" = "vpn/profile"
  }
}

resource "custody_binding" "of" {
  for_each = local.grants
  asset    = "cmdb/${each.key}"
}

resource "custody_grant" "of" {
  for_each = local.grants
  binding  = custody_binding.of[each.key]
  access   = each.value
  risk     = each.key == "APP-1" ? "privileged" : "standard"
  on_block = "disable"
  attestation = var.attested && each.key == "APP-4" ? {
    by = "carol"
    at = "2026-11-25T12:00:00Z"
  } : null
  exception = each.key == "LAP-1" ? {
    codes       = ["record.stale"]
    reason      = "moving offices"
    approved_by = "carol"
    expires_at  = "2026-12-20"
  } : null
}
