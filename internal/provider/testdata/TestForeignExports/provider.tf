terraform {
  required_providers {
    custody = { source = "custodyhq/custody" }
  }
}

provider "custody" {
  plan_time   = "2030-01-15T09:00:00Z"
  directories = ["hr"]
  systems = {
    itam = { file = {
      assets      = "exports/*.csv"
      min_records = { assets = 1 }
      columns     = { id = "Asset Tag", class = "Kategorie", state = "Status", owner = "Zugewiesen an", purpose = "Zweck", environment = "Umgebung", criticality = "Schutzbedarf", verified_at = "Inventur" }
      states      = { "Im Einsatz" = "in_service" }
    } }
    hr = { file = {
      people         = "hr.csv"
      people_columns = { id = "Nr", username = "Kennung", name = "Name", status = "Zustand" }
      people_states  = { aktiv = "active", ausgetreten = "left" }
    } }
  }
}
