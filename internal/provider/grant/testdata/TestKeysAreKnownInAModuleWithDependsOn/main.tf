resource "terraform_data" "before" {
  input = "anything that is created first"
}

module "access" {
  source     = "./testdata/TestKeysAreKnownInAModuleWithDependsOn/access"
  depends_on = [terraform_data.before]
}
