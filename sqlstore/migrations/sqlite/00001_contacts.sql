-- +goose Up
-- Times are milliseconds since 1970.
CREATE TABLE maicontact_contacts (
    namespace         TEXT    NOT NULL,
    inbox_id          TEXT    NOT NULL,
    kind              TEXT    NOT NULL,
    id                TEXT    NOT NULL,
    version           INTEGER NOT NULL,
    trust             INTEGER NOT NULL,
    trusted_at        INTEGER,
    contact_id        TEXT,
    generation        INTEGER NOT NULL,
    created_at        INTEGER,
    updated_at        INTEGER,
    desired_profile   TEXT    NOT NULL,
    desired_access    TEXT    NOT NULL,
    confirmed_profile TEXT    NOT NULL,
    confirmed_access  TEXT    NOT NULL,
    since_at          INTEGER,
    revision          INTEGER NOT NULL,
    waiting           TEXT,
    due_at            INTEGER,
    owner             INTEGER NOT NULL,
    lease_until       INTEGER,
    doubt_until       INTEGER,
    doubt_other       INTEGER NOT NULL,
    conflicts         INTEGER NOT NULL,
    denials           INTEGER NOT NULL,
    refused           TEXT    NOT NULL,
    failures          INTEGER NOT NULL,
    reason            TEXT    NOT NULL,
    call_operation    TEXT    NOT NULL,
    call_outcome      TEXT    NOT NULL,
    call_at           INTEGER,
    life              INTEGER NOT NULL,
    passing           INTEGER NOT NULL,
    checks            INTEGER NOT NULL,
    expires_at        INTEGER,
    PRIMARY KEY (namespace, inbox_id, kind, id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX maicontact_contacts_contact
    ON maicontact_contacts (inbox_id, contact_id) WHERE contact_id IS NOT NULL;

CREATE INDEX maicontact_contacts_due
    ON maicontact_contacts (namespace, inbox_id, due_at) WHERE due_at IS NOT NULL;

CREATE INDEX maicontact_contacts_trusted
    ON maicontact_contacts (namespace, inbox_id, trusted_at) WHERE trusted_at IS NOT NULL;

CREATE INDEX maicontact_contacts_expires
    ON maicontact_contacts (namespace, inbox_id, expires_at) WHERE expires_at IS NOT NULL;
