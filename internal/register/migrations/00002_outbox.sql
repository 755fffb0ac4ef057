-- +goose Up
-- What is to be told to others, until it is delivered and after. A claim keeps two
-- programs from sending the same at the same time.
CREATE TABLE custody_outbox (
  workspace TEXT NOT NULL,
  sequence BIGINT NOT NULL, -- of the event that the message tells of
  part BIGINT NOT NULL, -- of the messages of one event
  destination TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  run TEXT NOT NULL,
  queued_at TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  problem TEXT NOT NULL,
  claimed_by TEXT NOT NULL,
  claimed_until TEXT NOT NULL,
  delivered_at TEXT NOT NULL,
  PRIMARY KEY (workspace, sequence, part, destination)
);

CREATE INDEX custody_outbox_waiting ON custody_outbox (workspace, destination, subject, sequence, part) WHERE delivered_at = '';
