using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Starling.Edge.Configuration;
using Starling.Edge.Connections;
using Starling.Edge.Hosting;
using Starling.Hosting.Configuration;

namespace Starling.Edge.Tests.Listeners;

/// <summary>A host in this process on free ports, with a handler that is not MQTT.</summary>
internal sealed class TestBroker : IAsyncDisposable
{
    private static readonly HttpClient Http = new();

    private TestBroker(EdgeHost host, TestHandler handler) => (Host, Handler) = (host, handler);

    public EdgeHost Host { get; }

    public TestHandler Handler { get; }

    public static Task<TestBroker> StartAsync(params ListenerOptions[] listeners) => StartAsync(new EdgeOptions { Listeners = listeners });

    public static async Task<TestBroker> StartAsync(EdgeOptions options, TestHandler? handler = null, TimeProvider? time = null)
    {
        handler ??= new TestHandler();
        options = options with
        {
            Management = new ManagementOptions { Port = 0 },
            Logging = new LoggingOptions { Level = LogLevel.None },
        };
        return new(await EdgeHost.StartAsync(options, services => services.AddSingleton<IClientHandler>(handler), time), handler);
    }

    public static ListenerOptions Listener(ListenerType type) => new() { Name = "test", Type = type, Port = 0 };

    public IPEndPoint EndPoint => Host.Endpoints.Values.First();

    public async Task<NetworkStream> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(EndPoint, Token);
        return new NetworkStream(socket, ownsSocket: true);
    }

    public Task<string> GetAsync(string path) => Http.GetStringAsync(Url(path), Token);

    public Task<HttpResponseMessage> SendAsync(string path) => Http.GetAsync(Url(path), Token);

    /// <summary>A sample of /metrics; 0 when it is not there.</summary>
    public async Task<double> MetricAsync(string series)
    {
        var line = (await GetAsync("/metrics")).Split('\n').FirstOrDefault(line => line.StartsWith(series + " ", StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[(series.Length + 1)..], CultureInfo.InvariantCulture);
    }

    public Task<double> RefusedAsync(string reason) => MetricAsync($"starling_listener_refused_total{{listener=\"test\",reason=\"{reason}\"}}");

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private Uri Url(string path) => new($"http://{Host.ManagementEndpoint}{path}");
}
