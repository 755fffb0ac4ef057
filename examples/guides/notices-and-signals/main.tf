terraform {
  required_providers {
    custody = { source = "custodyhq/custody" }
  }
}

variable "webhook_secret" {
  description = "The secret of the receiver, in base64. CUSTODY_SIGNALS_CLOUDEVENTS_SECRET keeps it out of the configuration."
  type        = string
  sensitive   = true
  default     = "whsec_ZXhhbXBsZS1vZi1hLXNlY3JldC1vZi0zMi1ieXRlcyE="
}

provider "custody" {
  systems = {
    cmdb = { file = { assets = "inventory/assets.csv", people = "inventory/people.csv" } }
  }
  register  = "sqlite:custody.db"
  workspace = "laptops"

  notices = {
    smtp = { host = "smtp.example.org", from = "Custody <custody@example.org>", reply_to = "it@example.org" }
  }
  signals = {
    cloudevents = {
      url    = "https://events.example.org/custody"
      source = "https://example.org/custody/laptops"
      secret = var.webhook_secret
    }
  }

  policy = jsonencode({
    notices     = ["30d", "7d", "1d"]
    enforcement = [{ class = "*laptop*", mode = "observe" }]
  })
  plan_time = plantimestamp()
}

resource "custody_binding" "billing" {
  asset = "cmdb/APP-0042"
}

resource "custody_grant" "export" {
  binding = custody_binding.billing
  access  = "aws/iam-access-key/billing-export"
}
