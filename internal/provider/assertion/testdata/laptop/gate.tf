ephemeral "custody_assertion" "vpn" {
  grant = custody_grant.vpn
}

resource "terraform_data" "profile" {
  for_each = custody_grant.vpn.generations
  input    = each.value.holder

  lifecycle {
    precondition {
      condition     = !terraform.applying || contains(ephemeral.custody_assertion.vpn.generations, each.key)
      error_message = "The laptop does not justify the VPN profile any more."
    }
  }
}
