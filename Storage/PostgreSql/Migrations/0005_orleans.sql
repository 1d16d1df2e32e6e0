-- What Orleans keeps: the silos of a cluster, and the state of the few grains that have theirs with it. Orleans asks for its statements here, by
-- key; the keys, the parameters and the names of the columns that come back are its own, everything else is ours.

create table orleansquery (
    querykey text primary key,
    querytext text not null
);

-- One row per cluster: each change of a silo's row names the version that it follows on, so that there is one change at a time.
create table silo_tables (
    cluster text collate "C" primary key,
    version integer not null default 0
);

create table silos (
    cluster text collate "C" not null references silo_tables on delete cascade,
    address text collate "C" not null,
    port integer not null,
    generation integer not null,
    name text not null,
    host text not null,
    status integer not null,
    gateway_port integer not null,
    suspicions text,
    started_at timestamptz not null,
    alive_at timestamptz not null,
    primary key (cluster, address, port, generation)
) with (fillfactor = 50);

create table grain_state (
    service text collate "C" not null,
    type text collate "C" not null,
    key0 bigint not null,
    key1 bigint not null,
    extension text collate "C" not null,
    version integer not null,
    payload bytea,
    modified_at timestamptz not null default now(),
    primary key (service, type, key0, key1, extension)
);

insert into orleansquery (querykey, querytext) values
('InsertMembershipVersionKey', $$
    with inserted as (insert into silo_tables (cluster) values (@DeploymentId) on conflict do nothing returning 1)
    select count(*)::int from inserted
$$),
('InsertMembershipKey', $$
    with raised as (
        update silo_tables set version = version + 1
        where cluster = @DeploymentId and version = @Version and not exists (
            select from silos
            where cluster = @DeploymentId and address = @Address and port = @Port and generation = @Generation)
        returning cluster),
    inserted as (
        insert into silos (cluster, address, port, generation, name, host, status, gateway_port, started_at, alive_at)
        select cluster, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime from raised
        returning 1)
    select count(*)::int from inserted
$$),
('UpdateMembershipKey', $$
    with raised as (
        update silo_tables set version = version + 1
        where cluster = @DeploymentId and version = @Version and exists (
            select from silos
            where cluster = @DeploymentId and address = @Address and port = @Port and generation = @Generation)
        returning cluster),
    updated as (
        update silos set status = @Status, suspicions = @SuspectTimes, alive_at = @IAmAliveTime
        from raised
        where silos.cluster = raised.cluster and address = @Address and port = @Port and generation = @Generation
        returning 1)
    select count(*)::int from updated
$$),
('UpdateIAmAlivetimeKey', $$
    update silos set alive_at = @IAmAliveTime
    where cluster = @DeploymentId and address = @Address and port = @Port and generation = @Generation
$$),
-- The version comes also when there is no such silo.
('MembershipReadRowKey', $$
    select t.cluster as DeploymentId, s.address as Address, s.port as Port, s.generation as Generation, s.name as SiloName, s.host as HostName,
        s.status as Status, s.gateway_port as ProxyPort, s.suspicions as SuspectTimes, s.started_at as StartTime, s.alive_at as IAmAliveTime,
        t.version as Version
    from silo_tables t left join silos s
        on s.cluster = t.cluster and s.address = @Address and s.port = @Port and s.generation = @Generation
    where t.cluster = @DeploymentId
$$),
('MembershipReadAllKey', $$
    select t.cluster as DeploymentId, s.address as Address, s.port as Port, s.generation as Generation, s.name as SiloName, s.host as HostName,
        s.status as Status, s.gateway_port as ProxyPort, s.suspicions as SuspectTimes, s.started_at as StartTime, s.alive_at as IAmAliveTime,
        t.version as Version
    from silo_tables t left join silos s on s.cluster = t.cluster
    where t.cluster = @DeploymentId
$$),
('GatewaysQueryKey', $$
    select address as Address, gateway_port as ProxyPort, generation as Generation
    from silos
    where cluster = @DeploymentId and status = @Status and gateway_port > 0
$$),
('DeleteMembershipTableEntriesKey', $$
    delete from silo_tables where cluster = @DeploymentId
$$),
-- 3 is Active.
('CleanupDefunctSiloEntriesKey', $$
    delete from silos where cluster = @DeploymentId and alive_at < @IAmAliveTime and status <> 3
$$),
-- A version that comes back as it was says that somebody else has written meanwhile.
('WriteToStorageKey', $$
    with updated as (
        update grain_state set payload = @PayloadBinary, version = version + 1, modified_at = now()
        where service = @ServiceId and type = @GrainTypeString and key0 = @GrainIdN0 and key1 = @GrainIdN1
            and extension = coalesce(@GrainIdExtensionString, '') and version = @GrainStateVersion
        returning version),
    inserted as (
        insert into grain_state (service, type, key0, key1, extension, version, payload)
        select @ServiceId, @GrainTypeString, @GrainIdN0, @GrainIdN1, coalesce(@GrainIdExtensionString, ''), 1, @PayloadBinary
        where @GrainStateVersion is null
        on conflict do nothing
        returning version)
    select coalesce((select version from updated), (select version from inserted), @GrainStateVersion) as NewGrainStateVersion
$$),
('ReadFromStorageKey', $$
    select payload as PayloadBinary, modified_at as ModifiedOn, version as Version
    from grain_state
    where service = @ServiceId and type = @GrainTypeString and key0 = @GrainIdN0 and key1 = @GrainIdN1
        and extension = coalesce(@GrainIdExtensionString, '')
$$),
('ClearStorageKey', $$
    update grain_state set payload = null, version = version + 1, modified_at = now()
    where service = @ServiceId and type = @GrainTypeString and key0 = @GrainIdN0 and key1 = @GrainIdN1
        and extension = coalesce(@GrainIdExtensionString, '') and version = @GrainStateVersion
    returning version as NewGrainStateVersion
$$),
('DeleteStorageKey', $$
    delete from grain_state
    where service = @ServiceId and type = @GrainTypeString and key0 = @GrainIdN0 and key1 = @GrainIdN1
        and extension = coalesce(@GrainIdExtensionString, '') and version = @GrainStateVersion
    returning version + 1 as NewGrainStateVersion
$$);
