output "worklist" {
  description = "What the policy would do, and why, where it is only observed."
  value = {
    for key, grant in custody_grant.access : key => "${grant.would}: ${grant.reasons[0].message}" if grant.would != null
  }
}
