-- +goose Up
-- What was told last of something that several grants and workspaces tell of. Its key
-- makes transactions of different workspaces wait for each other.
CREATE TABLE custody_told (
  subject TEXT NOT NULL,
  topic TEXT NOT NULL,
  kind TEXT NOT NULL,
  workspace TEXT NOT NULL, -- that has told it
  at TEXT NOT NULL,
  PRIMARY KEY (subject, topic)
);

INSERT INTO custody_told (subject, topic, kind, workspace, at)
SELECT DISTINCT o.subject, 'device', o.kind, o.workspace, o.queued_at FROM custody_outbox AS o
WHERE o.kind IN ('device.compliant', 'device.not_compliant') AND NOT EXISTS (
  SELECT 1 FROM custody_outbox AS l WHERE l.subject = o.subject AND l.kind IN ('device.compliant', 'device.not_compliant')
    AND (l.queued_at, l.sequence, l.workspace, l.part) > (o.queued_at, o.sequence, o.workspace, o.part));
