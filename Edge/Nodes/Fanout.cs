using Starling.Edge.Connections;

namespace Starling.Edge.Nodes;

/// <summary>The connections that a batch has written to: each is flushed once, when the batch is through. Reused by its owner.</summary>
internal sealed class Fanout
{
    private readonly List<Outbox> _touched = [];
    private readonly List<ClientConnection> _congested = [];

    public int Messages { get; private set; }

    public long Bytes { get; private set; }

    public void Touch(Outbox outbox) => _touched.Add(outbox);

    public void Congested(ClientConnection connection)
    {
        if (!_congested.Contains(connection))
            _congested.Add(connection);
    }

    public void Count(int bytes)
    {
        Messages++;
        Bytes += bytes;
    }

    public void Flush()
    {
        foreach (var outbox in _touched)
            outbox.Flush();
        _touched.Clear();
        Messages = 0;
        Bytes = 0;
    }

    /// <summary>
    /// Waits until the receivers of QoS 1 and 2 messages that could not keep up have caught up. One that has not after
    /// <paramref name="patience"/> is closed, with Quota exceeded (0x97).
    /// </summary>
    public async ValueTask RelieveAsync(TimeSpan patience, TimeProvider time)
    {
        if (_congested.Count == 0)
            return;
        foreach (var connection in _congested.ToArray())
        {
            try
            {
                await connection.Outbox.WhenDrained().WaitAsync(patience, time).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                connection.CloseSlowReader();
            }
        }

        _congested.Clear();
    }
}
