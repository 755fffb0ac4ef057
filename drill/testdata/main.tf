# What the drill applies. terraform.tfvars.json and the environment fill it in.
terraform {
  required_providers {
    custody = { source = "custodyhq/custody" }
  }
}

variable "plan_time" { type = string }

variable "timeout" { type = string }

variable "servers" {
  type = object({
    assets   = string, catalogs = map(string)
    accounts = string, bind_dn = string, base_dn = string
    register = string, workspace = string
  })
}

variable "assets" { type = map(string) } # the number of each asset, by its name

variable "grants" {
  type = map(object({ asset = string, access = string, risk = string }))
}

variable "accounts" {
  type = map(object({ target = string, subject = string, grant = string }))
}

provider "custody" {
  systems = {
    cmdb = {
      request_tracker = {
        url        = var.servers.assets
        timeout    = var.timeout
        catalogs   = var.servers.catalogs
        queues     = { "Offboarding" = "offboarding" }
        owner_role = "HeldBy"
        fields = {
          purpose = "Purpose", environment = "Environment", criticality = "Criticality", verified_at = "Verified"
        }
      }
    }
    hr = {
      sql = {
        driver  = "postgresql"
        timeout = var.timeout
        people  = "SELECT id, email, username, name, status, manager, end_date FROM people"
      }
    }
    corp = {
      ldap = { url = var.servers.accounts, timeout = var.timeout, bind_dn = var.servers.bind_dn, base_dn = var.servers.base_dn }
    }
    shop    = { postgresql = { timeout = var.timeout } }
    support = { request_tracker = { url = var.servers.assets, timeout = var.timeout, reviews = { queue = "Access Review" } } }
  }
  reviews     = "support"
  directories = ["hr"]
  register    = var.servers.register
  workspace   = var.servers.workspace
  plan_time   = var.plan_time
  policy = jsonencode({ classes = {
    laptop      = { bound_to = "person", lifecycle_owner = "p0000" }, "user account" = { bound_to = "person", lifecycle_owner = "p0000" }
    application = { bound_to = "workload", lifecycle_owner = "p0000" }
  } })
  limits = { revocations = -1 } # a drill takes away more in a day than a company does
}

resource "custody_binding" "asset" {
  for_each = var.assets
  asset    = "cmdb/${each.value}"
}

locals {
  bound = custody_binding.asset
}

resource "custody_grant" "access" {
  for_each = var.grants
  binding  = local.bound[each.value.asset]
  access   = each.value.access
  risk     = each.value.risk
}

# In locals, because for_each is evaluated again for each of its instances.
locals {
  granted     = custody_grant.access
  credentials = merge([for key, grant in local.granted : { for n, generation in grant.generations : "${key}/${n}" => generation.enabled }]...)
}

resource "terraform_data" "credential" { # stands in for a credential of any provider
  for_each = local.credentials
  input    = each.value
}

resource "custody_account" "account" {
  for_each     = var.accounts
  target       = each.value.target
  subject      = each.value.subject
  enabled      = local.granted[each.value.grant].active
  end_sessions = each.value.target == "shop" ? true : null
}
