create table retained (
    tenant text collate "C" not null,
    topic_digest uuid not null,
    topic text collate "C" not null,
    expires_at bigint,
    size integer not null,           -- what it counts for in limits, in bytes
    body bytea not null,
    primary key (tenant, topic_digest)
) with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_threshold = 5000);
alter table retained alter column body set storage external;
create index retained_expires_at on retained (expires_at) where expires_at is not null;
