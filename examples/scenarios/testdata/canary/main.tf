terraform {
  required_providers {
    custody = { source = "custodyhq/custody" }
  }
}

variable "request_tracker" {
  type = object({ url = string, asset = string })
}

variable "directory" {
  type = object({ url = string, base_dn = string, bind_dn = string })
}

provider "custody" {
  plan_time = plantimestamp()
  systems = {
    canary-rt = { request_tracker = {
      url    = var.request_tracker.url
      token  = fileexists("token") ? sensitive(file("token")) : null
      queues = { "Offboarding" = "offboarding" }
    } }
    hr = { ldap = {
      url      = var.directory.url
      base_dn  = var.directory.base_dn
      bind_dn  = var.directory.bind_dn
      password = fileexists("password") ? sensitive(file("password")) : null
    } }
  }
}

resource "custody_binding" "laptop" {
  asset = "canary-rt/${var.request_tracker.asset}"
}

resource "custody_grant" "laptop" {
  binding = custody_binding.laptop
  access  = "device-trust/laptop"
  risk    = "standard"
}
