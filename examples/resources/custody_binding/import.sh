# By the asset: "<system>/<id>".
terraform import custody_binding.tax cmdb/INT-0003
