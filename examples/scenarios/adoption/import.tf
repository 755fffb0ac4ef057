# What exists is the first generation of its grant. Once that has been applied, the
# block has done its work and must go: a credential that is revoked later would be an
# import without a target.
import {
  for_each = local.existing
  to       = terraform_data.credential["${each.key}/g1"]
  id       = each.value.id
}
