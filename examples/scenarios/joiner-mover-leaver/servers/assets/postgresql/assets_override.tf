# Replaces what main.tf says of the same things, and nothing else.

provider "custody" {
  # Where the database is and who reads it stands in CUSTODY_ITAM_DSN and
  # CUSTODY_CMDB_DSN.
  systems = {
    itam = { sql = {
      driver = "postgresql"
      assets = <<-SQL
        SELECT asset_tag AS id, asset_name AS name, category AS class, status_label AS state,
               checked_out_to AS owner, shared_device AS shared, last_audit_date AS verified_at
        FROM devices
      SQL
      states = {
        "Ready to Deploy" = "planned"
        "Deployed"        = "in_service"
        "Out for Repair"  = "maintenance"
        "Lost/Stolen"     = "lost"
        "Archived"        = "retired"
      }
      # A table that was filled half way looks complete; only its length gives
      # it away.
      min_records = { assets = 25 }
    } }

    cmdb = { sql = {
      driver = "postgresql"
      assets = <<-SQL
        SELECT ci_number AS id, ci_name AS name, ci_type AS class, lifecycle AS state, accountable AS owner,
               business_purpose AS purpose, environment, criticality, run_by_vendor AS third_party,
               planned_end AS retirement_date, last_review AS verified_at
        FROM workloads
      SQL
      states = {
        "Build"          = "planned"
        "Live"           = "in_service"
        "Decommissioned" = "retired"
      }
      # An incident is no task of ours, and what is closed is not asked for.
      tasks       = <<-SQL
        SELECT ticket AS id, type AS kind, configuration_item AS asset, due, link AS url
        FROM tasks
        WHERE status = 'Open' AND type IN ('Offboarding', 'Reassignment', 'Decommission')
      SQL
      min_records = { assets = 14 }
    } }

    hr = local.people
  }
}
