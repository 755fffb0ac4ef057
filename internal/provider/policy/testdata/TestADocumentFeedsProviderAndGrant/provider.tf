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
  plan_time = var.plan_time
  policy    = data.custody_policy.house.json
  systems = {
    cmdb = { file = { assets = "${var.inventory}/assets.csv", people = "${var.inventory}/people.csv", tasks = "${var.inventory}/tasks.csv" } }
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
