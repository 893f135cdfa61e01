-- +goose Up
-- Keys compare by their bytes: an index then outlives a change of the
-- operating system's collations.
CREATE TABLE maicontact_contacts (
    namespace         TEXT COLLATE "C" NOT NULL,
    inbox_id          TEXT COLLATE "C" NOT NULL,
    member            TEXT COLLATE "C" NOT NULL,
    contact_id        TEXT COLLATE "C",
    generation        BIGINT NOT NULL,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL,
    wanted_profile    TEXT COLLATE "C" NOT NULL,
    wanted_access     TEXT COLLATE "C" NOT NULL,
    since_at          BIGINT,
    confirmed_profile TEXT COLLATE "C" NOT NULL,
    confirmed_access  TEXT COLLATE "C" NOT NULL,
    waiting           TEXT,
    revision          BIGINT NOT NULL,
    due_at            BIGINT,
    attempted_at      BIGINT,
    held              BIGINT NOT NULL DEFAULT 0,
    failures          BIGINT NOT NULL,
    reason            TEXT NOT NULL,
    token             BIGINT NOT NULL,
    lease_until       BIGINT,
    erased_at         BIGINT,
    PRIMARY KEY (namespace, inbox_id, member)
);

CREATE UNIQUE INDEX maicontact_contacts_contact
    ON maicontact_contacts (inbox_id, contact_id) WHERE contact_id IS NOT NULL;

CREATE INDEX maicontact_contacts_due
    ON maicontact_contacts (namespace, inbox_id, due_at) WHERE due_at IS NOT NULL;
