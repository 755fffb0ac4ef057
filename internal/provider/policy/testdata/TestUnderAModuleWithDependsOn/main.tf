resource "terraform_data" "before" {
  input = "anything that is created first"
}

module "access" {
  source     = "./access"
  depends_on = [terraform_data.before]
}
