terraform {
  required_providers {
    custody = { source = "custodyhq/custody" }
  }
}

variable "plan_time" {
  type = string
}

variable "inventory" {
  type = string
}

provider "custody" {
  plan_time   = var.plan_time
  directories = ["hr"]
  systems = {
    itam = { file = {
      assets      = "${var.inventory}/exports/*.csv"
      min_records = { assets = 1 }
      columns     = { id = "Asset Tag", class = "Kategorie", state = "Status", owner = "Zugewiesen an", purpose = "Zweck", environment = "Umgebung", criticality = "Schutzbedarf", verified_at = "Inventur" }
      states      = { "Im Einsatz" = "in_service" }
    } }
    hr = { file = {
      people         = "${var.inventory}/hr.csv"
      people_columns = { id = "Nr", username = "Kennung", name = "Name", status = "Zustand" }
      people_states  = { aktiv = "active", ausgetreten = "left" }
    } }
  }
}
