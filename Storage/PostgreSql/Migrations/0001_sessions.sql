-- Durable sessions, their inboxes and the messages in them.
-- Text can be longer than a B-tree entry, so keys are digests: the first 16 bytes of SHA-256 over the UTF-8 text, as uuid.
-- Times are Unix times in milliseconds, by the broker's clock.

create table sessions (
    id bigint generated always as identity primary key,
    tenant text collate "C" not null,
    client_id text collate "C" not null,
    client_digest uuid not null,
    epoch bigint not null,           -- every write names it and is refused when it is not this one
    epoch_before bigint not null,    -- which whoever wrote the row believed to be there
    edge text collate "C",           -- holds the connection; null while there is none
    expiry_seconds bigint not null,
    expires_at bigint,               -- null while connected, or never
    will bytea,
    will_at bigint,                  -- null while connected
    next_number bigint not null,     -- of the inbox, when the row was written; the inbox may be ahead of it
    unique (tenant, client_digest)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000);
create index sessions_edge on sessions (edge) where edge is not null;
create index sessions_expires_at on sessions (expires_at) where expires_at is not null;
create index sessions_will_at on sessions (will_at) where will_at is not null;

create table subscriptions (
    session bigint not null,
    filter text collate "C" not null,
    filter_digest uuid not null,
    options smallint not null,       -- as in the SUBSCRIBE packet
    identifier bigint,
    primary key (session, filter_digest)
) with (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000);

-- QoS 2 messages from the session's client: PUBREC was sent, PUBREL has not come.
create table received (
    session bigint not null,
    packet_identifier integer not null,
    primary key (session, packet_identifier)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);

-- The same messages in the inboxes they went to, until PUBREL: a repeat is not taken twice. Those of a shared subscription, whose
-- repeats may go to other members, are noted for the group.
create table delivered (
    place bigint not null,           -- the inbox; below 0, a digest of the tenant and its shared subscription
    publisher bigint not null,       -- whose message
    packet_identifier integer not null,
    session bigint not null,         -- the inbox that has it
    number bigint not null,          -- of its entry there
    primary key (place, publisher, packet_identifier)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
create index delivered_publisher on delivered (publisher, packet_identifier);
create index delivered_group on delivered (session) where place < 0;

-- Messages that lie in several inboxes, once.
create sequence message_blocks;
create table messages (
    id bigint primary key,
    body bytea not null
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
alter table messages alter column body set storage external;

create table inbox (
    session bigint not null,
    number bigint not null,
    message bigint,                  -- in messages, or
    body bytea,                      -- the message itself
    size integer not null,           -- what it counts for in limits, in bytes
    flags smallint not null,         -- how this session gets it
    extra bytea,                     -- subscription identifiers, shared subscription
    released boolean not null default false,
    primary key (session, number)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 10000, autovacuum_vacuum_insert_scale_factor = 0.5);
alter table inbox alter column body set storage external;
create index inbox_message on inbox (message) where message is not null;

-- Sessions that have ended and whose inboxes are not empty yet.
create table discarded (
    session bigint primary key
);
