terraform {
  required_providers {
    custody = { source = "custodyhq/custody" }
  }
}

provider "custody" {
  systems = {
    itam = { file = { assets = "exports/snipeit.csv", preset = "snipeit" } }
    corp = { file = { people = "exports/okta.csv", preset = "okta" } }
  }
  policy    = jsonencode({ enforcement = [{ mode = "observe" }] }) # decide and show, and take nothing away yet
  plan_time = plantimestamp()
}

locals {
  laptops = toset(["LAP-002"])
}

resource "custody_binding" "laptop" {
  for_each = local.laptops
  asset    = "itam/${each.key}"
}

resource "custody_grant" "vpn" {
  for_each = local.laptops
  binding  = custody_binding.laptop[each.key]
  access   = "vpn/client-certificate"
}

output "laptops" {
  value = { for tag, b in custody_binding.laptop : tag => {
    holder   = b.holder
    findings = b.findings[*].message
    vpn      = custody_grant.vpn[tag].would
  } }
}
