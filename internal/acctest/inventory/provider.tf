terraform {
  required_providers {
    custody = { source = "custodyhq/custody" }
  }
}

variable "plan_time" {
  type = string
}

provider "custody" {
  plan_time = var.plan_time
  systems = {
    cmdb = { file = { assets = "assets.csv", people = "people.csv", tasks = "tasks.csv" } }
  }
}
