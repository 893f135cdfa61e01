-- +goose Up
CREATE TABLE maicontact_contacts (
    namespace         TEXT    NOT NULL,
    inbox_id          TEXT    NOT NULL,
    member            TEXT    NOT NULL,
    contact_id        TEXT,
    generation        INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    wanted_profile    TEXT    NOT NULL,
    wanted_access     TEXT    NOT NULL,
    since_at          INTEGER,
    confirmed_profile TEXT    NOT NULL,
    confirmed_access  TEXT    NOT NULL,
    waiting           TEXT,
    revision          INTEGER NOT NULL,
    due_at            INTEGER,
    attempted_at      INTEGER,
    held              INTEGER NOT NULL DEFAULT 0,
    failures          INTEGER NOT NULL,
    reason            TEXT    NOT NULL,
    token             INTEGER NOT NULL,
    lease_until       INTEGER,
    erased_at         INTEGER,
    PRIMARY KEY (namespace, inbox_id, member)
) WITHOUT ROWID;

CREATE UNIQUE INDEX maicontact_contacts_contact
    ON maicontact_contacts (inbox_id, contact_id) WHERE contact_id IS NOT NULL;

CREATE INDEX maicontact_contacts_due
    ON maicontact_contacts (namespace, inbox_id, due_at) WHERE due_at IS NOT NULL;
