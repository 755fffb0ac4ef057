# Replaces what main.tf says of the same things, and nothing else.

provider "custody" {
  # The tokens stand in CUSTODY_ITAM_TOKEN and CUSTODY_CMDB_TOKEN.
  systems = {
    itam = { request_tracker = {
      url       = var.request_tracker_url
      catalogs  = { "Devices" = "device" }
      owner_key = "email"
      fields = {
        class       = "Class"
        shared      = "Shared"
        verified_at = "Verified"
      }
    } }

    cmdb = { request_tracker = {
      url       = var.request_tracker_url
      catalogs  = { "Workloads" = "application" }
      owner_key = "email"
      fields = {
        class           = "Class"
        purpose         = "Purpose"
        environment     = "Environment"
        criticality     = "Criticality"
        third_party     = "Third Party"
        retirement_date = "Retirement Date"
        verified_at     = "Verified"
      }
      # An incident is no task of ours, so the queue of the help desk is missing.
      queues = {
        "Offboarding"     = "offboarding"
        "Handovers"       = "reassignment"
        "Decommissioning" = "decommission"
      }
    } }

    hr = local.people
  }
}

resource "custody_binding" "asset" {
  asset = local.numbers[each.key]
}
