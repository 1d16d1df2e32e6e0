using Npgsql;

namespace Starling.Storage.PostgreSql.Writing;

/// <summary>
/// Messages that lie in several inboxes are stored once. Their identifiers come in blocks from a sequence. When entries that refer to
/// one are removed, it is noted here, and a later transaction removes it if nothing refers to it any more: whichever process removes the
/// last reference looks after its own commit, and so sees that there is none left. What a crash forgets is found by
/// <see cref="Inboxes.DiscardedInboxes"/>.
/// </summary>
internal sealed class SharedMessages
{
    private const int BlockBits = 24;

    private readonly Lock _gate = new();
    private HashSet<long> _unreferenced = [];
    private long _next;
    private long _end;

    /// <summary>Used by one transaction at a time.</summary>
    public long NextId() => _next++;

    public void Unreferenced(long message)
    {
        lock (_gate)
            _unreferenced.Add(message);
    }

    /// <summary>Sees to it that a transaction has enough identifiers.</summary>
    public async Task ReserveAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        if (_end - _next > 1 << (BlockBits - 1))
            return;
        await using var command = new NpgsqlCommand("select nextval('message_blocks')", connection);
        _next = (long)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))! << BlockBits;
        _end = _next + (1 << BlockBits);
    }

    public void AddTo(WriteBatch batch)
    {
        lock (_gate)
        {
            if (_unreferenced.Count == 0)
                return;
            batch.Statements(static _ => new Sweep()).Messages.AddRange(_unreferenced);
            _unreferenced = [];
        }
    }

    /// <summary>The transaction has failed: what it was to look after is the next one's.</summary>
    public void Failed(WriteBatch batch)
    {
        lock (_gate)
            _unreferenced.UnionWith(batch.Statements(static _ => new Sweep()).Messages);
    }

    private sealed class Sweep : IStatements
    {
        public List<long> Messages { get; } = [];

        public int Order => 0;

        public void AddTo(NpgsqlBatch batch) => batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            delete from messages m using unnest($1) as gone(id)
            where m.id = gone.id and not exists (select 1 from inbox i where i.message = m.id)
            """).With(Sorted()));

        public Task ReadAsync(NpgsqlDataReader reader) => Task.CompletedTask;

        /// <summary>Another process may remove the same ones: all do it in one order, or they could wait for each other.</summary>
        private List<long> Sorted()
        {
            Messages.Sort();
            return Messages;
        }
    }
}
