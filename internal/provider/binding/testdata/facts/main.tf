# The record and the declaration disagree.
resource "custody_binding" "contradicted" {
  asset    = "cmdb/APP-1"
  declared = { owner = "bob", environment = "staging", third_party = false }
}

resource "custody_binding" "stale" {
  asset = "cmdb/STALE"
}

resource "custody_binding" "corroborated" {
  asset    = "cmdb/STALE"
  evidence = { cloud_tag = "payments" }
}

resource "custody_binding" "conflicting" {
  asset    = "cmdb/LAP-1"
  evidence = { codeowners = "bob" }
}

resource "custody_binding" "without_owner" {
  asset    = "cmdb/OWNERLESS"
  declared = { owner = "bob" }
}

resource "custody_binding" "duplicated" {
  asset = "cmdb/TWICE"
}

resource "custody_binding" "ambiguous" {
  asset = "cmdb/AMBIGUOUS"
}

resource "custody_binding" "unmapped" {
  asset = "cmdb/UNMAPPED"
}

resource "custody_binding" "repository" {
  asset = "cmdb/org/repo"
}
