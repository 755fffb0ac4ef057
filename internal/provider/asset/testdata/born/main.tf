resource "custody_asset" "bot" {
  asset       = "code/ci-deployer"
  class       = "application"
  name        = "CI deployer"
  owners      = ["alice"]
  purpose     = "deploys"
  environment = "production"
  criticality = "high"
  verified_at = "2030-01-01"
}

resource "custody_binding" "bot" {
  asset = custody_asset.bot.asset
}

resource "custody_grant" "deploy" {
  binding = custody_binding.bot
  access  = "aws/deploy"
}

resource "terraform_data" "credential" {
  for_each = custody_grant.deploy.generations
  input    = each.value.holder
}
