using Npgsql;
using Starling.Broker.Contracts;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Sessions;

internal sealed class SubscriptionWrite(SessionFencingToken session, IReadOnlyList<Subscription> set, IReadOnlyList<string> removed)
    : OwnerWrite<bool>(session, Stage.Subscriptions)
{
    protected override bool Result => true;

    public override long Bytes { get; } = Overhead + set.Sum(subscription => 64L + (2 * subscription.Filter.Length)) + removed.Sum(filter => 64L + (2 * filter.Length));

    public override void AddTo(WriteBatch batch)
    {
        base.AddTo(batch);
        var statements = batch.Statements(static batch => new SubscriptionStatements(SessionLocks.Of(batch)));
        foreach (var filter in removed)
            statements.Remove(Hold.Id, filter);
        foreach (var subscription in set)
            statements.Set(Hold.Id, subscription);
    }
}

/// <summary>What sessions subscribe to and what they give up; of changes to one filter the last one counts.</summary>
internal sealed class SubscriptionStatements(SessionLocks locks) : IStatements
{
    private readonly Dictionary<(long Session, string Filter), Subscription?> _changes = [];

    public int Order => 40;

    public void Set(long session, Subscription subscription) => _changes[(session, subscription.Filter)] = subscription;

    public void Remove(long session, string filter) => _changes[(session, filter)] = null;

    public void AddTo(NpgsqlBatch batch)
    {
        var (sessions, filters, digests, options, identifiers) = (new List<long>(), new List<string?>(), new List<Guid>(), new List<short>(), new List<long?>());
        var (removedFrom, removed) = (new List<long>(), new List<Guid>());
        foreach (var ((session, filter), subscription) in _changes)
        {
            var digest = KeyDigest.Of(filter);
            if (subscription is null)
            {
                removedFrom.Add(session);
                removed.Add(digest);
                continue;
            }

            sessions.Add(session);
            filters.Add(filter);
            digests.Add(digest);
            options.Add(subscription.Options.ToByte());
            identifiers.Add(subscription.SubscriptionIdentifier);
        }

        if (sessions.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                insert into subscriptions (session, filter, filter_digest, options, identifier)
                select * from unnest($1, $2, $3, $4, $5) as added(session, filter, digest, options, identifier)
                where added.session in (
                    select s.id from unnest($6, $7) as held(id, epoch) join sessions s on s.id = held.id and s.epoch = held.epoch)
                on conflict (session, filter_digest) do update set options = excluded.options, identifier = excluded.identifier
                """).With(sessions).With(filters).With(digests).With(options).With(identifiers).With(locks.Sessions).With(locks.Epochs));
        }

        if (removed.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                delete from subscriptions u using unnest($1, $2) as gone(session, digest)
                where u.session = gone.session and u.filter_digest = gone.digest and gone.session in (
                    select s.id from unnest($3, $4) as held(id, epoch) join sessions s on s.id = held.id and s.epoch = held.epoch)
                """).With(removedFrom).With(removed).With(locks.Sessions).With(locks.Epochs));
        }
    }

    public Task ReadAsync(NpgsqlDataReader reader) => Task.CompletedTask;
}
