using Starling.Edge.Outgoing;

namespace Starling.Edge.Nodes;

/// <summary>The connections that a batch has written to: each is flushed once, when the batch is through. Reused by its owner.</summary>
internal sealed class Fanout
{
    private readonly List<Outbox> _touched = [];
    private readonly List<EdgeConnection> _congested = [];

    public int Messages { get; private set; }

    public void Touch(Outbox outbox) => _touched.Add(outbox);

    public void Congested(EdgeConnection connection)
    {
        if (!_congested.Contains(connection))
            _congested.Add(connection);
    }

    public void Count() => Messages++;

    public void Flush()
    {
        foreach (var outbox in _touched)
            outbox.Flush();
        _touched.Clear();
        Messages = 0;
    }

    /// <summary>
    /// Waits until the receivers of QoS 1 and 2 messages that could not keep up have caught up. One that has not after
    /// <paramref name="patience"/>, which is for all of them together, is closed, with Quota exceeded (0x97).
    /// </summary>
    /// <param name="publisher">
    /// The connection that is not read meanwhile. It is not waited for, as its acknowledgements could not be read; it is closed when far
    /// too much waits for it.
    /// </param>
    public async ValueTask WaitForSlowReadersAsync(TimeSpan patience, TimeProvider time, EdgeConnection? publisher = null)
    {
        if (_congested.Count == 0)
            return;
        var since = time.GetTimestamp();
        foreach (var connection in _congested.ToArray())
        {
            if (connection == publisher)
            {
                if (connection.Outbox.IsHopeless)
                    connection.CloseSlowReader();
                continue;
            }

            var left = patience - time.GetElapsedTime(since);
            try
            {
                await connection.Outbox.WhenDrained().WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, time).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                connection.CloseSlowReader();
            }
        }

        _congested.Clear();
    }
}
