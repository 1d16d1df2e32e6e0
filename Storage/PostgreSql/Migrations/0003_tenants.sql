-- Tenants and their users, as in tenants.json: a definition is the object that stands there, a tenant's without "users".

create table tenants (
    name text collate "C" primary key,
    definition jsonb not null
);

create table users (
    tenant text collate "C" not null references tenants on delete cascade,
    name text collate "C" not null,
    definition jsonb not null,
    primary key (tenant, name)
);

create function tell_tenant() returns trigger language plpgsql as $$
begin
    if tg_table_name = 'tenants' then
        perform pg_notify('starling_tenants', coalesce(new.name, old.name));
    else
        perform pg_notify('starling_tenants', coalesce(new.tenant, old.tenant));
    end if;
    return null;
end $$;
create trigger tell_tenant after insert or update or delete on tenants for each row execute function tell_tenant();
create trigger tell_tenant after insert or update or delete on users for each row execute function tell_tenant();
