-- What the nightly jobs of the asset tools fill, column by column as they export it.

CREATE TABLE devices (
  asset_tag       text PRIMARY KEY,
  asset_name      text NOT NULL,
  serial          text,
  category        text NOT NULL,
  status_label    text NOT NULL,
  checked_out_to  text,
  shared_device   text,
  last_audit_date date
);

CREATE TABLE workloads (
  ci_number        text PRIMARY KEY,
  ci_name          text NOT NULL,
  ci_type          text NOT NULL,
  lifecycle        text NOT NULL,
  accountable      text,
  business_purpose text,
  environment      text,
  criticality      text,
  run_by_vendor    text,
  planned_end      date,
  last_review      date
);

CREATE TABLE tasks (
  ticket             text PRIMARY KEY,
  type               text NOT NULL,
  configuration_item text NOT NULL,
  status             text NOT NULL,
  due                date,
  link               text
);
