-- +goose Up
-- A case is open or closed. Columns for an answer could be set by every account that may
-- write to the table. No version has written a row here before.
ALTER TABLE custody_reviews DROP COLUMN queue;
ALTER TABLE custody_reviews DROP COLUMN reference;
ALTER TABLE custody_reviews DROP COLUMN status;
ALTER TABLE custody_reviews DROP COLUMN answered_by;
ALTER TABLE custody_reviews DROP COLUMN body;
