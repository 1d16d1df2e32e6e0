using System.Net.Sockets;
using Starling.LoadGenerator.Net;
using Starling.LoadGenerator.Statistics;

namespace Starling.LoadGenerator.Scenarios;

/// <summary>A client with a durable session that goes away and comes back for what waited for it.</summary>
/// <param name="ClientId">Of the session.</param>
/// <param name="Topic">It is subscribed to this, and nobody but one publisher publishes to it.</param>
internal sealed record Returner(string ClientId, string Topic)
{
    /// <summary>Makes the session and leaves.</summary>
    public void Leave(LoadOptions options, int qos)
    {
        using var client = SimpleClient.Connect(options.Dialer, options.Login, ClientId, keepSession: true);
        client.Subscribe([Topic], qos);
        client.Disconnect();
    }

    /// <summary>Comes back, takes and acknowledges all that waited, and leaves; gives up when nothing comes any more.</summary>
    /// <param name="options">Of the run.</param>
    /// <param name="messages">How many wait.</param>
    public SequenceCheck Take(LoadOptions options, long messages)
    {
        var check = new SequenceCheck();
        if (messages == 0)
            return check;
        using var client = SimpleClient.Connect(options.Dialer, options.Login, ClientId, keepSession: true);
        try
        {
            client.Receive(sequence =>
            {
                check.Take(sequence);
                return check.Unique < messages;
            });
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
        {
            return check;
        }

        client.Disconnect();
        return check;
    }

    /// <summary>All of them at the same time, each on a thread of its own.</summary>
    /// <param name="options">Of the run.</param>
    /// <param name="clients">Who comes back.</param>
    /// <param name="messages">How many messages wait for each.</param>
    /// <returns>What each got.</returns>
    public static SequenceCheck[] TakeAll(LoadOptions options, IReadOnlyList<Returner> clients, IReadOnlyList<long> messages)
    {
        if (clients.Count == 1)
            return [clients[0].Take(options, messages[0])];
        var takes = clients.Select((client, index) =>
            Task.Factory.StartNew(() => client.Take(options, messages[index]), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        return Task.WhenAll([.. takes]).GetAwaiter().GetResult();
    }
}
