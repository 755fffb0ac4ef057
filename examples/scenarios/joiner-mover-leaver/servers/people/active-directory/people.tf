variable "directory" {
  description = "The address of Active Directory, where people and groups are, and the account that reads."
  type        = object({ url = string, base_dn = string, bind_dn = string })
}

locals {
  # The password stands in CUSTODY_HR_PASSWORD.
  people = { ldap = {
    preset       = "active_directory"
    url          = var.directory.url
    base_dn      = var.directory.base_dn
    bind_dn      = var.directory.bind_dn
    id_attribute = "employeeID"
    # Here an account is switched off for good: whoever is on leave keeps it.
    disabled_status = "left"
    # Somebody who stays, and a team: rights that hide them stop the plan.
    probe = ["E-1001", "platform@example.org"]
  } }
}
