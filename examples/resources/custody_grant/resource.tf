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
  }
  policy    = jsonencode({ enforcement = [{ mode = "observe" }] }) # take nothing away yet
  plan_time = plantimestamp()
}

locals {
  keys = {
    billing-export = { asset = "cmdb/APP-0042", risk = "privileged" }
    billing-report = { asset = "cmdb/APP-0042", risk = "standard" }
    ledger-sync    = { asset = "cmdb/APP-0043", risk = "standard" }
  }
  assets = { for asset in distinct(values(local.keys)[*].asset) : asset => asset }
}

resource "custody_binding" "this" {
  for_each = local.assets
  asset    = each.value
}

resource "custody_grant" "key" {
  for_each = local.keys
  binding  = custody_binding.this[each.value.asset]
  access   = "aws/iam-access-key/${each.key}"
  risk     = each.value.risk
  ttl      = "30d"
}

locals {
  # One entry a credential: through a local, so that it is worked out once.
  credentials = merge([
    for name, grant in custody_grant.key : {
      for generation, facts in grant.generations : "${name}/${generation}" => merge(facts, { user = name })
    }
  ]...)
}

# Stands in for aws_iam_access_key or any other credential.
resource "terraform_data" "key" {
  for_each = local.credentials
  input    = { user = each.value.user, status = each.value.enabled ? "Active" : "Inactive" }

  lifecycle {
    create_before_destroy = true
  }
}

# A privileged grant with everything that can be said about one.
resource "custody_binding" "laptop" {
  asset = "cmdb/LT-0007"
}

resource "custody_grant" "local_admin" {
  binding  = custody_binding.laptop
  access   = "mdm/local-admin/LT-0007"
  risk     = "privileged"
  on_block = "disable" # keep the credential, out of use, while access is blocked

  rotate_when_changed = {
    image = "2026-11"
  }
  attestation = {
    by   = "grace@example.org"
    at   = "2026-11-02T10:00:00Z"
    note = "Needed to test device drivers."
  }
}
