terraform {
  required_providers {
    custody = { source = "custodyhq/custody" }
  }
}

provider "custody" {
  systems = {
    cmdb = { file = { assets = "inventory/assets.csv", people = "inventory/people.csv" } }
    sso = { # CUSTODY_SSO_CLIENT_ID and CUSTODY_SSO_CLIENT_SECRET, of a client with the role manage-users
      keycloak = {
        url      = "https://sso.example.org"
        settings = { realm = "acme" }
      }
    }
  }
  directories = ["cmdb"]                                             # people are read there; sso switches accounts
  policy      = jsonencode({ enforcement = [{ mode = "observe" }] }) # take nothing away yet
  plan_time   = plantimestamp()
}

resource "custody_binding" "ada" {
  asset = "cmdb/LT-0007"
}

resource "custody_grant" "ada" {
  binding = custody_binding.ada
  access  = "sso/login"
}

# The user can log in as long as its holder is here and holds the laptop. When it is disabled,
# what it has open ends too.
resource "custody_account" "ada" {
  target       = "sso"
  subject      = "ada"
  enabled      = custody_grant.ada.active
  end_sessions = true
}
