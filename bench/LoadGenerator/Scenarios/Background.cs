using Starling.LoadGenerator.Net;

namespace Starling.LoadGenerator.Scenarios;

/// <summary>Subscriptions that match nothing that is published: half of them exact, half with one of the wildcards.</summary>
internal sealed class Background : IDisposable
{
    private const int PerClient = 10_000;
    private const int PerPacket = 500;

    private readonly List<SimpleClient> _clients = [];

    public static Background Subscribe(LoadOptions options, int count)
    {
        var background = new Background();
        for (var first = 0; first < count; first += PerClient)
        {
            var client = SimpleClient.Connect(options.Dialer, options.Login, $"background-{first}");
            background._clients.Add(client);
            foreach (var filters in Enumerable.Range(first, Math.Min(PerClient, count - first)).Select(Filter).Chunk(PerPacket))
                client.Subscribe(filters, qos: 0);
        }

        return background;
    }

    public void Dispose()
    {
        foreach (var client in _clients)
            client.Dispose();
    }

    private static string Filter(int index) => (index % 4) switch
    {
        0 => $"background/{index}/+/state",
        1 => $"background/{index}/#",
        _ => $"background/{index}/state",
    };
}
