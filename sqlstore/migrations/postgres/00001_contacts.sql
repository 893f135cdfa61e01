-- +goose Up
-- Keys compare by their bytes: an index then outlives a change of the
-- operating system's collations. Times are milliseconds since 1970.
CREATE TABLE maicontact_contacts (
    namespace         TEXT COLLATE "C" NOT NULL,
    inbox_id          TEXT COLLATE "C" NOT NULL,
    kind              TEXT COLLATE "C" NOT NULL,
    id                TEXT COLLATE "C" NOT NULL,
    version           BIGINT NOT NULL,
    trust             BIGINT NOT NULL,
    trusted_at        BIGINT,
    contact_id        TEXT COLLATE "C",
    generation        BIGINT NOT NULL,
    created_at        BIGINT,
    updated_at        BIGINT,
    desired_profile   TEXT COLLATE "C" NOT NULL,
    desired_access    TEXT COLLATE "C" NOT NULL,
    confirmed_profile TEXT COLLATE "C" NOT NULL,
    confirmed_access  TEXT COLLATE "C" NOT NULL,
    since_at          BIGINT,
    revision          BIGINT NOT NULL,
    waiting           TEXT,
    due_at            BIGINT,
    owner             BIGINT NOT NULL,
    lease_until       BIGINT,
    doubt_until       BIGINT,
    doubt_other       SMALLINT NOT NULL,
    conflicts         BIGINT NOT NULL,
    denials           BIGINT NOT NULL,
    refused           TEXT NOT NULL,
    failures          BIGINT NOT NULL,
    reason            TEXT NOT NULL,
    call_operation    TEXT NOT NULL,
    call_outcome      TEXT NOT NULL,
    call_at           BIGINT,
    life              SMALLINT NOT NULL,
    passing           SMALLINT NOT NULL,
    checks            BIGINT NOT NULL,
    expires_at        BIGINT,
    PRIMARY KEY (namespace, inbox_id, kind, id)
);

CREATE UNIQUE INDEX maicontact_contacts_contact
    ON maicontact_contacts (inbox_id, contact_id) WHERE contact_id IS NOT NULL;

CREATE INDEX maicontact_contacts_due
    ON maicontact_contacts (namespace, inbox_id, due_at) WHERE due_at IS NOT NULL;

CREATE INDEX maicontact_contacts_trusted
    ON maicontact_contacts (namespace, inbox_id, trusted_at) WHERE trusted_at IS NOT NULL;

CREATE INDEX maicontact_contacts_expires
    ON maicontact_contacts (namespace, inbox_id, expires_at) WHERE expires_at IS NOT NULL;
