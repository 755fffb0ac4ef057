variable "request_tracker_url" {
  description = "The address of Request Tracker, such as https://rt.example.org."
  type        = string
}

locals {
  # access.csv names assets by the tags that people know; Request Tracker knows
  # them by its own numbers.
  numbers = { for a in csvdecode(file("numbers.csv")) : a.asset => a.number }
}
