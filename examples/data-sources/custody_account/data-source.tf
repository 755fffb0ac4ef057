terraform {
  required_providers {
    custody = {
      source = "custodyhq/custody"
    }
  }
}

provider "custody" {
  systems = {
    cmdb = { file = { assets = "inventory/assets.csv", people = "inventory/people.csv" } }
    corp = { # the password comes from CUSTODY_CORP_PASSWORD
      ldap = {
        url                = "ldaps://ldap.example.org"
        bind_dn            = "cn=custody-accounts,ou=services,dc=example,dc=org"
        base_dn            = "ou=people,dc=example,dc=org"
        password_policy_dn = "cn=default,ou=policies,dc=example,dc=org"
      }
    }
  }
  directories = ["cmdb"]
  plan_time   = plantimestamp()
  policy      = jsonencode({ enforcement = [{ mode = "observe" }] }) # take nothing away yet
}

data "custody_account" "ada" {
  target  = "corp"
  subject = "ada"
}

resource "custody_binding" "laptop" {
  asset = "cmdb/LT-0007"
}

locals {
  # Only what may matter is passed on: observed_at changes with every plan.
  idle_since = try(timecmp(data.custody_account.ada.last_used_at, timeadd(plantimestamp(), "-1440h")) < 0, false)
}

# Access that was not used for 90 days asks for a review.
resource "custody_grant" "login" {
  binding = custody_binding.laptop
  access  = "directory/login"
  usage = local.idle_since ? {
    last_used_at = data.custody_account.ada.last_used_at
    observed_at  = plantimestamp()
  } : null
}

resource "custody_account" "ada" {
  target  = "corp"
  subject = "ada"
  enabled = custody_grant.login.active
}
