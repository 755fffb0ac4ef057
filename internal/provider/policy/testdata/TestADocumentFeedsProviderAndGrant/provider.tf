terraform {
  required_providers {
    custody = { source = "custodyhq/custody" }
  }
}

provider "custody" {
  plan_time = "2030-01-15T09:00:00Z"
  policy    = data.custody_policy.house.json
  systems = {
    cmdb = { file = { assets = "assets.csv", people = "people.csv", tasks = "tasks.csv" } }
  }
}

provider "custody" {
  alias = "pure"
}

data "custody_policy" "house" {
  provider  = custody.pure
  lifetimes = [{ ttl = "60d" }]
  triggers  = [{ on = "task.open", class = "application", when = "asset.environment == 'production'", action = "block" }]
}
