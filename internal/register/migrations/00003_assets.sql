-- +goose Up
-- An asset record that is removed stays, so that the asset counts as retired and not
-- as missing.
ALTER TABLE custody_assets ADD COLUMN instance TEXT NOT NULL DEFAULT '';
ALTER TABLE custody_assets ADD COLUMN created_at TEXT NOT NULL DEFAULT '';
ALTER TABLE custody_assets ADD COLUMN removed_at TEXT NOT NULL DEFAULT '';
