resource "terraform_data" "owner" {
  input = "alice"
}

resource "custody_asset" "bot" {
  asset       = "code/ci-deployer"
  class       = "application"
  owners      = [terraform_data.owner.output]
  verified_at = "2030-01-01"
}

resource "custody_binding" "bot" {
  asset = custody_asset.bot.asset
}
