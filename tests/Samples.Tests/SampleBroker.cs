using System.Net;
using System.Text.RegularExpressions;
using Starling.EndToEnd.Tests.Harness;
using Starling.Samples.Tests;
using Starling.Testing;

[assembly: AssemblyFixture(typeof(SampleBroker))]

namespace Starling.Samples.Tests;

/// <summary>The broker that <c>./run</c> starts, with its development defaults but for the ports: one process for all tests.</summary>
public sealed partial class SampleBroker : IAsyncLifetime
{
    private ChildProcess? _process;

    public IPEndPoint EndPoint { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        _process = ChildProcess.Start("dotnet",
        [
            Installation.Broker,
            "--set", """listeners=[{ "name": "tcp", "type": "tcp", "port": 0, "tenant": "demo" }]""",
            "--set", "management=null",
        ]);
        EndPoint = await EndPointAsync(_process);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
    }

    /// <summary>Where a broker says that it listens.</summary>
    internal static async Task<IPEndPoint> EndPointAsync(ChildProcess broker) =>
        IPEndPoint.Parse(Address().Match(await broker.LineAsync(line => line.Contains(" on 127.0.0.1:", StringComparison.Ordinal), "an address")).Value);

    /// <summary>A client of user demo that has subscribed to <paramref name="filter"/>.</summary>
    internal static async Task<MqttTestClient> ObserveAsync(IPEndPoint broker, string filter)
    {
        var observer = await MqttTestClient.OpenAsync(broker);
        observer.Patience = ChildProcess.Patience;
        await observer.ConnectAsync(new() { UserName = "demo", Password = "demo"u8.ToArray(), CleanStart = true });
        await observer.SubscribeAsync(filter);
        return observer;
    }

    [GeneratedRegex(@"127\.0\.0\.1:\d+")]
    private static partial Regex Address();
}
