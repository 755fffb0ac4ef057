terraform {
  required_version = ">= 1.8"

  required_providers {
    custody = {
      source = "custodyhq/custody"
    }
  }
}

provider "custody" {
  # Three exports, each with the headers and words of the tool it comes from.
  systems = {
    itam = { file = {
      assets = "exports/snipe-it.csv"
      columns = {
        id          = "Asset Tag"
        name        = "Asset Name"
        class       = "Category"
        state       = "Status Label"
        owner       = "Checked Out To"
        shared      = "Shared Device"
        verified_at = "Last Audit Date"
      }
      states = {
        "Ready to Deploy" = "planned"
        "Deployed"        = "in_service"
        "Out for Repair"  = "maintenance"
        "Lost/Stolen"     = "lost"
        "Archived"        = "retired"
      }
      # An export that was cut at the end of a row looks complete; only its
      # length gives it away.
      min_records = { assets = 25 }
    } }

    cmdb = { file = {
      assets = "exports/cmdb.csv"
      columns = {
        id              = "CI Number"
        name            = "CI Name"
        class           = "CI Type"
        state           = "Lifecycle"
        owner           = "Accountable"
        purpose         = "Business Purpose"
        third_party     = "Run by Vendor"
        retirement_date = "Planned End"
        verified_at     = "Last Review"
      }
      states = {
        "Build"          = "planned"
        "Live"           = "in_service"
        "Decommissioned" = "retired"
      }
      tasks = "exports/tasks.csv"
      tasks_columns = {
        id    = "Ticket"
        kind  = "Type"
        asset = "Configuration Item"
        url   = "Link"
      }
      min_records = { assets = 14 }
    } }

    hr = { file = {
      people = "exports/hr.csv"
      people_columns = {
        id       = "Employee ID"
        email    = "Work Email"
        kind     = "Worker Type"
        status   = "Employment Status"
        end_date = "Last Day"
        manager  = "Manager ID"
        teams    = "Org Units"
      }
      # Whoever is on leave comes back, and keeps what was handed out.
      people_states = {
        "Active"     = "active"
        "On Leave"   = "active"
        "Terminated" = "left"
      }
      min_records = { people = 25 }
    } }
  }

  # The built-in baseline, and two things of our own: kiosks are shared on
  # purpose, and a record is stale after ten years only. The latter is for this
  # example, whose dates stand still in the repository; the baseline's 180d is
  # the better choice.
  policy = file("policy.json")

  plan_time = plantimestamp()

  # Together we have some forty accesses. No ordinary day takes ten of them.
  limits = { revocations = 10 }
}

locals {
  # Who asked for which access, one line each, reviewed like code. The class
  # stands here too: the risk must not fall because a record went missing.
  access = { for a in csvdecode(file("access.csv")) : a.key => a }
  assets = { for a in local.access : a.asset => a.class... }

  attestations = {
    for a in csvdecode(file("attestations.csv")) : a.key => { by = a.by, at = a.at, note = a.note }
  }
  exceptions = {
    for e in csvdecode(file("exceptions.csv")) : e.key => {
      codes = split(" ", e.codes), approved_by = e.approved_by, expires_at = e.expires_at, reason = e.reason
    }
  }

  # What a class of assets means for the access that it justifies. `declared`
  # fills what the export of the devices does not have.
  classes = {
    laptop      = { risk = "standard", on_block = "remove", declared = local.office }
    phone       = { risk = "standard", on_block = "remove", declared = local.office }
    tablet      = { risk = "standard", on_block = "remove", declared = local.office }
    desktop     = { risk = "privileged", on_block = "remove", declared = local.office }
    kiosk       = { risk = "standard", on_block = "remove", declared = local.warehouse }
    application = { risk = "privileged", on_block = "remove", declared = null }
    service     = { risk = "privileged", on_block = "remove", declared = null }
    pipeline    = { risk = "privileged", on_block = "remove", declared = null }
    agent       = { risk = "privileged", on_block = "remove", declared = null }
    server      = { risk = "privileged", on_block = "remove", declared = null }
    # A new token means a call to the vendor, so a block only switches it off.
    integration = { risk = "privileged", on_block = "disable", declared = null }
  }
  office    = { purpose = "Work device", environment = "office", criticality = "low" }
  warehouse = { purpose = "Self-service", environment = "warehouse", criticality = "medium" }
}

resource "custody_binding" "asset" {
  for_each = local.assets

  asset    = each.key
  declared = local.classes[each.value[0]].declared
}

resource "custody_grant" "access" {
  for_each = local.access

  binding  = custody_binding.asset[each.value.asset]
  access   = each.value.access
  risk     = local.classes[each.value.class].risk
  on_block = local.classes[each.value.class].on_block

  # Raising the number in access.csv rotates the credential.
  rotate_when_changed = { version = each.value.version }

  attestation = lookup(local.attestations, each.key, null)
  exception   = lookup(local.exceptions, each.key, null)
}

locals {
  # Every credential that should exist now. A local, so that it is worked out
  # once and not again for every credential.
  credentials = merge([
    for key, grant in custody_grant.access : {
      for generation, it in grant.generations : "${key}/${generation}" => {
        access  = grant.access
        holder  = it.holder
        enabled = it.enabled
      }
    }
  ]...)
}

# Stands in for the real credentials: aws_iam_access_key, tls_private_key, …
resource "terraform_data" "credential" {
  for_each = local.credentials

  input = each.value

  lifecycle {
    # Whatever uses the credential gets the new one before the old one goes.
    create_before_destroy = true
  }
}
