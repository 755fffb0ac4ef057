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
    shop = {
      postgresql = {} # the connection string comes from CUSTODY_SHOP_DSN
    }
  }
  directories = ["cmdb"]
  policy      = jsonencode({ enforcement = [{ mode = "observe" }] }) # withhold nothing yet
  plan_time   = plantimestamp()
}

resource "custody_binding" "billing" {
  asset = "cmdb/APP-0042"
}

resource "custody_grant" "reports" {
  binding = custody_binding.billing
  access  = "shop/reports"
}

# A role that can log in for the time of the apply. A plan opens none.
ephemeral "custody_lease" "reports" {
  grant       = custody_grant.reports
  target      = "shop"
  grant_roles = ["app_readers"]
  enabled     = terraform.applying
}

# Stands in for whatever needs a login while it is applied.
resource "terraform_data" "report" {
  triggers_replace = "2026-11"

  provisioner "local-exec" {
    command     = "psql \"$URL\" --csv -c 'SELECT * FROM invoices' > invoices.csv"
    environment = { URL = ephemeral.custody_lease.reports.connection_string }
  }
}
