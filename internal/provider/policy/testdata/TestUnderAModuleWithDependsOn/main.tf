resource "terraform_data" "before" {
  input = "anything that is created first"
}

module "access" {
  source     = "./testdata/TestUnderAModuleWithDependsOn/access"
  depends_on = [terraform_data.before]
}
