output "worklist" {
  description = "What the policy would do, and why, where it is only observed."
  value = {
    for key, grant in custody_grant.access : key => "${grant.would}: ${grant.because[0]}" if grant.would != null
  }
}
