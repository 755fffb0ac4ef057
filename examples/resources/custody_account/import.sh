# The target's name in the provider block, and the account's id or user name there.
terraform import custody_account.contractor corp/visitor-7
