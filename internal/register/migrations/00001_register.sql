-- +goose Up
-- Both databases run the same statements. Each file must contain a statement that
-- fails when it runs a second time: on SQLite, only that prevents two programs that
-- start at the same time from running the file twice.
CREATE TABLE custody_register (
  one BIGINT PRIMARY KEY, -- there is one row
  id TEXT NOT NULL
);

CREATE TABLE custody_workspaces (
  name TEXT PRIMARY KEY,
  sequence BIGINT NOT NULL,
  hash TEXT NOT NULL
);

CREATE TABLE custody_events (
  workspace TEXT NOT NULL,
  sequence BIGINT NOT NULL,
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  actor TEXT NOT NULL,
  run TEXT NOT NULL,
  body TEXT NOT NULL,
  previous TEXT NOT NULL,
  hash TEXT NOT NULL,
  PRIMARY KEY (workspace, sequence)
);

CREATE TABLE custody_grants (
  id TEXT PRIMARY KEY,
  workspace TEXT NOT NULL,
  instance TEXT NOT NULL,
  run TEXT NOT NULL,
  serial BIGINT NOT NULL,
  latched BIGINT NOT NULL,
  memory TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  removed_at TEXT NOT NULL
);

CREATE TABLE custody_bindings (
  workspace TEXT NOT NULL,
  asset TEXT NOT NULL,
  digest TEXT NOT NULL,
  facts TEXT NOT NULL,
  updated_at TEXT NOT NULL,
  PRIMARY KEY (workspace, asset)
);

CREATE TABLE custody_reviews (
  name TEXT PRIMARY KEY,
  workspace TEXT NOT NULL,
  subject TEXT NOT NULL,
  queue TEXT NOT NULL,
  reference TEXT NOT NULL,
  status TEXT NOT NULL,
  assignee TEXT NOT NULL,
  answered_by TEXT NOT NULL,
  body TEXT NOT NULL,
  opened_at TEXT NOT NULL,
  due_at TEXT NOT NULL,
  closed_at TEXT NOT NULL
);

CREATE TABLE custody_notices (
  name TEXT PRIMARY KEY,
  workspace TEXT NOT NULL,
  subject TEXT NOT NULL,
  recipient TEXT NOT NULL,
  at TEXT NOT NULL
);

CREATE TABLE custody_assets (
  id TEXT PRIMARY KEY,
  workspace TEXT NOT NULL,
  record TEXT NOT NULL,
  updated_at TEXT NOT NULL
);

CREATE TABLE custody_counts (
  workspace TEXT NOT NULL,
  system TEXT NOT NULL,
  list TEXT NOT NULL,
  records BIGINT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (workspace, system, list)
);

CREATE TABLE custody_acts (
  workspace TEXT NOT NULL,
  sequence BIGINT NOT NULL,
  name TEXT NOT NULL,
  target TEXT NOT NULL,
  subject TEXT NOT NULL,
  action TEXT NOT NULL,
  detail TEXT NOT NULL,
  run TEXT NOT NULL,
  began_at TEXT NOT NULL,
  result TEXT NOT NULL,
  ended_at TEXT NOT NULL,
  PRIMARY KEY (workspace, sequence)
);

CREATE UNIQUE INDEX custody_acts_unfinished ON custody_acts (workspace, name) WHERE ended_at = '';
