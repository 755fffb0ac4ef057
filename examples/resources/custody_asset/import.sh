# By the asset: "<system>/<id>".
terraform import custody_asset.deployer code/ci-deployer
