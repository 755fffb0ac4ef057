variable "directory" {
  description = "The address of OpenLDAP, where people and groups are, and the account that reads."
  type        = object({ url = string, base_dn = string, bind_dn = string })
}

locals {
  # The password stands in CUSTODY_HR_PASSWORD.
  people = { ldap = {
    url          = var.directory.url
    base_dn      = var.directory.base_dn
    bind_dn      = var.directory.bind_dn
    id_attribute = "employeeNumber"
    # Where the personnel department keeps who is still here.
    status_attribute = "businessCategory"
    # Whoever is on leave comes back, and keeps what was handed out.
    states = {
      "On Leave"   = "active"
      "Terminated" = "left"
    }
    # Somebody who stays, and a team: rights that hide them stop the plan.
    probe = ["E-1001", "platform@example.org"]
  } }
}
