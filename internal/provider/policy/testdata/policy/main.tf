data "custody_policy" "house" {
  # what a test states
}

output "json" {
  value = data.custody_policy.house.json
}
