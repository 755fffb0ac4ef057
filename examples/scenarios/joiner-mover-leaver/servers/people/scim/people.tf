variable "scim_url" {
  description = "The address of the SCIM service, such as https://id.example.org/scim/v2."
  type        = string
}

locals {
  # The token stands in CUSTODY_HR_TOKEN.
  people = { scim = {
    url = var.scim_url
    # Here an account is switched off for good: whoever is on leave keeps it.
    inactive_means = "left"
    # Somebody who stays, and a team: rights that hide them stop the plan.
    probe = ["E-1001", "platform@example.org"]
  } }
}
