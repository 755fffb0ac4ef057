-- What the nightly job of the personnel department fills.

CREATE TABLE staff (
  employee_id       text PRIMARY KEY,
  name              text NOT NULL,
  work_email        text NOT NULL,
  worker_type       text NOT NULL,
  employment_status text NOT NULL,
  last_day          date,
  manager_id        text,
  org_units         text
);
