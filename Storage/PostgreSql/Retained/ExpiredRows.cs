using Npgsql;

namespace Starling.Storage.PostgreSql.Retained;

/// <summary>
/// Removes rows of retained messages that have expired, whosever they are: one sweep at a time, in statements of bounded size, on a
/// connection of the pool. It waits for no row that is being written, so that it and the writer can't wait for each other.
/// </summary>
internal sealed class ExpiredRows(Database database)
{
    internal const int MaxRows = 1000;

    private readonly Lock _gate = new();
    private Task? _sweep;
    private long _upTo;

    /// <summary>Done when everything that had expired at <paramref name="now"/> is removed. A sweep that is under way counts.</summary>
    public Task RemoveAsync(long now)
    {
        lock (_gate)
        {
            _upTo = Math.Max(_upTo, now);
            return _sweep ??= SweepAsync();
        }
    }

    private async Task SweepAsync()
    {
        await Task.Yield();
        try
        {
            while (true)
            {
                var upTo = Interlocked.Read(ref _upTo);
                while (await RemoveSomeAsync(upTo).ConfigureAwait(false) == MaxRows)
                {
                }

                lock (_gate)
                {
                    if (_upTo > upTo)
                        continue;
                    _sweep = null;
                    return;
                }
            }
        }
        catch
        {
            lock (_gate)
                _sweep = null;
            throw;
        }
    }

    private async Task<int> RemoveSomeAsync(long upTo)
    {
        await using var command = database.Source.CreateCommand(
            $"""
            with gone as (
                select tenant, topic_digest from retained where expires_at <= $1 limit {MaxRows} for update skip locked)
            delete from retained r using gone where r.tenant = gone.tenant and r.topic_digest = gone.topic_digest
            """);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = upTo });
        return await command.ExecuteNonQueryAsync().ConfigureAwait(false);
    }
}
