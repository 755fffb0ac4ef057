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
  directories = ["cmdb"]                                             # people are read there; corp switches accounts
  policy      = jsonencode({ enforcement = [{ mode = "observe" }] }) # take nothing away yet
  plan_time   = plantimestamp()
}

# Asset by account.
locals {
  laptops = {
    ada  = "cmdb/LT-0007"
    alan = "cmdb/LT-0011"
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
}

# The account can be used as long as its holder is here and holds the laptop.
resource "custody_account" "login" {
  for_each = local.laptops
  target   = "corp"
  subject  = each.key
  enabled  = custody_grant.login[each.key].active
}

# A contractor's account, until the end of the contract.
resource "custody_account" "contractor" {
  target     = "corp"
  subject    = "visitor-7"
  enabled    = true
  expires_at = "2099-12-31T23:59:59Z"
  on_destroy = "disable"
}
