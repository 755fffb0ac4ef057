terraform {
  required_providers {
    custody = {
      source = "custodyhq/custody"
    }
  }
}

provider "custody" {
  systems = {
    support = {
      request_tracker = { # the token comes from CUSTODY_SUPPORT_TOKEN
        url     = "https://rt.example.org"
        reviews = { queue = "Access Review" }
      }
    }
  }
  reviews   = "support"
  plan_time = plantimestamp()
}

# Who still has to answer, and until when.
data "custody_reviews" "waiting" {
  status = ["open"]
}

output "waiting" {
  value = [
    for r in coalesce(data.custody_reviews.waiting.reviews, []) : # null if the queue cannot be read
    "${coalesce(r.assignee, "not assigned")} until ${coalesce(r.due_at, "no date")}: ${coalesce(r.grant, r.id)}, ${coalesce(r.url, "no page")}"
  ]
}
