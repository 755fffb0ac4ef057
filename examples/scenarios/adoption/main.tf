terraform {
  required_version = ">= 1.8"

  required_providers {
    custody = {
      source = "custodyhq/custody"
    }
  }
}

provider "custody" {
  # The export as it is: its headers, its words, its gaps.
  systems = {
    itam = { file = {
      assets = "exports/assets.csv"
      columns = {
        id          = "Asset Tag"
        name        = "Asset Name"
        class       = "Category"
        state       = "Status"
        owner       = "Assigned To"
        verified_at = "Last Audit"
      }
      states = {
        "Ready to Deploy" = "planned"
        "Deployed"        = "in_service"
        "Pending Repair"  = "maintenance"
        "Lost"            = "lost"
        "Archived"        = "retired"
      }
      people = "exports/people.csv"
      people_columns = {
        id       = "Personnel Number"
        name     = "Name"
        username = "Login"
        email    = "Work Email"
        status   = "Status"
        manager  = "Manager"
      }
      people_states = {
        "Employed"       = "active"
        "Parental Leave" = "active"
        "Left"           = "left"
      }
      min_records = { assets = 40, people = 15 }
    } }
  }

  policy    = file("policy.json")
  plan_time = plantimestamp()

  # No ordinary day takes more than two of our twelve credentials.
  limits = { revocations = 2 }
}

locals {
  # What exists: one line for each credential, with its id on the other side.
  existing = { for c in csvdecode(file("credentials.csv")) : c.key => c }
}

resource "custody_binding" "asset" {
  for_each = local.existing
  asset    = each.value.asset
}

resource "custody_grant" "access" {
  for_each = local.existing
  binding  = custody_binding.asset[each.key]
  access   = each.value.access
  risk     = each.value.risk
}

locals {
  credentials = merge([
    for key, grant in custody_grant.access : {
      for generation, it in grant.generations : "${key}/${generation}" => it
    }
  ]...)
}

# Stands in for the real credentials: certificates, keys, roles, tokens.
resource "terraform_data" "credential" {
  for_each = local.credentials

  lifecycle {
    create_before_destroy = true
  }
}
