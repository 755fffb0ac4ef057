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
  systems = {
    cmdb = { file = { assets = "${var.inventory}/assets.csv", people = "${var.inventory}/people.csv", tasks = "${var.inventory}/tasks.csv" } }
  }
}
