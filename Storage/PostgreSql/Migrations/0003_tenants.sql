-- Tenants and their users, as in tenants.json: a definition is the object that stands there, a tenant's without "users".
-- Each change notifies the brokers with the name of the tenant that they have to read again, or an empty name for all.

create table tenants (
    name text collate "C" primary key constraint tenant_name check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    definition jsonb not null
        constraint tenant_definition_is_an_object_without_users check (jsonb_typeof(definition) = 'object' and not definition ? 'users')
);

create table users (
    tenant text collate "C" not null references tenants on update cascade on delete cascade,
    -- An index entry has no room for much more.
    name text collate "C" not null constraint user_name_has_1_to_2000_bytes check (octet_length(name) between 1 and 2000),
    definition jsonb not null constraint user_definition_is_an_object check (jsonb_typeof(definition) = 'object'),
    primary key (tenant, name)
);

create function tell_tenant() returns trigger language plpgsql as $$
begin
    if tg_op = 'TRUNCATE' then
        perform pg_notify('starling_tenants', '');
    elsif tg_table_name = 'tenants' then
        perform pg_notify('starling_tenants', changed.tenant) from (values (old.name), (new.name)) changed (tenant) where changed.tenant is not null;
    else
        perform pg_notify('starling_tenants', changed.tenant) from (values (old.tenant), (new.tenant)) changed (tenant) where changed.tenant is not null;
    end if;
    return null;
end $$;
create trigger tell_tenant after insert or update or delete on tenants for each row execute function tell_tenant();
create trigger tell_tenant after insert or update or delete on users for each row execute function tell_tenant();
create trigger tell_all_tenants after truncate on tenants for each statement execute function tell_tenant();
create trigger tell_all_tenants after truncate on users for each statement execute function tell_tenant();
