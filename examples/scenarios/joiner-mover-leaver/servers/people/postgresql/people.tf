locals {
  # Where the database is and who reads it stands in CUSTODY_HR_DSN.
  people = { sql = {
    driver = "postgresql"
    people = <<-SQL
      SELECT employee_id AS id, name, work_email AS email, worker_type AS kind, employment_status AS status,
             last_day AS end_date, manager_id AS manager, string_to_array(org_units, ';') AS teams
      FROM staff
    SQL
    # Whoever is on leave comes back, and keeps what was handed out.
    people_states = {
      "Active"     = "active"
      "On Leave"   = "active"
      "Terminated" = "left"
    }
    min_records = { people = 25 }
  } }
}
