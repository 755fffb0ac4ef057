resource "custody_account" "blank" {
  target  = "cmdb"
  subject = " "
  enabled = false
}

resource "custody_account" "hostile" {
  target  = "cmdb"
  subject = "ann\u202e"
  enabled = false
}

resource "custody_account" "end" {
  target     = "cmdb"
  subject    = "ann"
  enabled    = false
  expires_at = "tomorrow"
}

resource "custody_account" "day" {
  target     = "cmdb"
  subject    = "ann"
  enabled    = false
  expires_at = "2030-01-31"
}

resource "custody_account" "destroy" {
  target     = "cmdb"
  subject    = "ann"
  enabled    = false
  on_destroy = "delete"
}

resource "custody_account" "missing" {
  target  = "cmdb"
  subject = "ann"
}
