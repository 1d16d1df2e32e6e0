-- What several processes on one database need: whose connection a session has, and who has a shard.

alter table sessions
    add saved_by bigint,                        -- which write the row is from: one that comes again finds itself
    add connection_epoch bigint not null default 0,         -- the highest that a connection has had
    add connection_attempt bigint not null default 0,
    add connection_receive_maximum integer not null default 0,
    add connection_flags smallint not null default 1;       -- 1: durable, 2: there was a session before it

-- A shard's writes are refused when another process has taken it since.
create table shards (
    tenant text collate "C" not null,
    shard integer not null,
    epoch bigint not null,
    primary key (tenant, shard)
) with (fillfactor = 50);
