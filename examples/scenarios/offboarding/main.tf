terraform {
  required_providers {
    custody = {
      source = "custodyhq/custody"
    }
  }
}

variable "directory_url" {
  description = "Where the directory answers."
  type        = string
  default     = "ldaps://ldap.example.org"
}

provider "custody" {
  systems = {
    itam = { file = { assets = "exports/assets.csv" } }
    hr   = { file = { people = "exports/hr.csv" } }

    # The directory that holds the accounts; the password comes from
    # CUSTODY_CORP_PASSWORD.
    corp = { ldap = {
      url                = var.directory_url
      bind_dn            = "cn=custody-accounts,dc=example,dc=org"
      base_dn            = "ou=people,dc=example,dc=org"
      password_policy_dn = "cn=default,ou=policies,dc=example,dc=org"
    } }
  }

  # Who is here, the staff office says. The directory only holds the accounts.
  directories = ["hr"]

  # The built-in baseline. A record is stale after ten years only, because the
  # dates of this example stay as they are; the baseline's 180d is the better choice.
  policy = jsonencode({ confidence = { stale_after = "3650d" } })

  plan_time = plantimestamp()
}

locals {
  laptops = { for row in csvdecode(file("access.csv")) : row.account => row.laptop }

  attestations = {
    for a in csvdecode(file("attestations.csv")) : a.account => { by = a.by, at = a.at, note = a.note }
  }
}

resource "custody_binding" "laptop" {
  for_each = local.laptops
  asset    = each.value
}

resource "custody_grant" "login" {
  for_each = local.laptops
  binding  = custody_binding.laptop[each.key]
  access   = "directory/login"

  attestation = lookup(local.attestations, each.key, null)
}

# The account can be used as long as the grant says so.
resource "custody_account" "login" {
  for_each = local.laptops
  target   = "corp"
  subject  = each.key
  enabled  = custody_grant.login[each.key].active
}

# A service that somebody answers for.
resource "custody_binding" "export" {
  asset = "itam/APP-1"
}

resource "custody_grant" "export" {
  for_each = { "invoice-export" = "billing/read" }
  binding  = custody_binding.export
  access   = each.value
  risk     = "privileged"
}

# Stands in for the service's real key: aws_iam_access_key, tls_private_key, …
resource "terraform_data" "credential" {
  for_each = merge([
    for name, grant in custody_grant.export : {
      for generation, it in grant.generations : "${name}/${generation}" => it.holder
    }
  ]...)

  input = each.value

  lifecycle {
    create_before_destroy = true
  }
}
