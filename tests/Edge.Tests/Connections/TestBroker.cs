using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Starling.Broker.Metrics;
using Starling.Broker.Standalone;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Access;
using Starling.Edge.Configuration;
using Starling.Edge.Hosting;
using Starling.Hosting.Configuration;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

/// <summary>A whole broker in the test's process, on a free port. Its tenant <c>demo</c> lets anybody in and allows everything.</summary>
internal sealed class TestBroker : IAsyncDisposable
{
    private readonly EdgeHost _host;
    private readonly string _dataDirectory;

    private TestBroker(EdgeHost host, string dataDirectory)
    {
        _host = host;
        _dataDirectory = dataDirectory;
    }

    public IPEndPoint EndPoint => _host.Endpoints["tcp"];

    public IServiceProvider Services => _host.Services;

    /// <summary>What was counted for the tenant <c>demo</c>.</summary>
    public TenantCounters Counters => Services.GetRequiredService<BrokerMetrics>().For("demo");

    public TenantDirectory Tenants => Services.GetRequiredService<TenantDirectory>();

    /// <summary>The tenant <c>demo</c> of the tests, to be changed with <c>with</c>.</summary>
    public static TenantOptions Demo { get; } = new()
    {
        Name = "demo",
        Anonymous = new AnonymousAccess([]),
        Acl =
        [
            new AclRule(Allow: true, AclActions.All, AclPattern.Parse("#")),
            new AclRule(Allow: true, AclActions.Subscribe, AclPattern.Parse("$SYS/#")),
        ],
    };

    /// <param name="demo">The tenant, if not <see cref="Demo"/> as it is.</param>
    /// <param name="time">The broker's clock, if it is to stand still.</param>
    /// <param name="limits">Limits of connections.</param>
    /// <param name="others">More tenants; clients reach them by user names like <c>acme/device7</c>.</param>
    public static Task<TestBroker> StartAsync(
        TenantOptions? demo = null, TimeProvider? time = null, LimitOptions? limits = null, params TenantOptions[] others) =>
        StartAsync(demo ?? Demo, time, limits, others, static _ => { });

    /// <summary>With other stores than those in memory.</summary>
    public static Task<TestBroker> StartAsync(StandaloneStores stores) =>
        StartAsync(services => services.AddSingleton(stores));

    /// <summary>With other parts than a standalone broker's own.</summary>
    public static Task<TestBroker> StartAsync(Action<IServiceCollection> configure) =>
        StartAsync(Demo, time: null, limits: null, [], configure);

    public static Task<TestBroker> StartAsync(TimeProvider time, Action<IServiceCollection> configure) =>
        StartAsync(Demo, time, limits: null, [], configure);

    public static Task<TestBroker> StartAsync(DrainOptions drain, TimeProvider time) =>
        StartAsync(Demo, time, limits: null, [], static _ => { }, drain);

    private static async Task<TestBroker> StartAsync(
        TenantOptions demo,
        TimeProvider? time,
        LimitOptions? limits,
        TenantOptions[] others,
        Action<IServiceCollection> configure,
        DrainOptions? drain = null)
    {
        var data = Directory.CreateTempSubdirectory("starling-test-").FullName;
        var options = new EdgeOptions
        {
            Listeners = [new ListenerOptions { Name = "tcp", Type = ListenerType.Tcp, Port = 0, Tenant = "demo" }],
            Management = null,
            DataDirectory = data,
            Limits = limits ?? new LimitOptions(),
            Drain = drain ?? new DrainOptions(),
            Logging = new LoggingOptions { Level = LogLevel.None },
        };
        var host = await EdgeHost.StartAsync(options, Configure, time, TestContext.Current.CancellationToken);
        var broker = new TestBroker(host, data);
        broker.Tenants.Apply([demo, .. others]);
        return broker;

        void Configure(IServiceCollection services)
        {
            BrokerServices.Add(options, services);
            configure(services);
        }
    }

    /// <summary>A connection on which nothing has been said yet.</summary>
    public Task<MqttTestClient> OpenAsync(ProtocolVersion version = ProtocolVersion.Mqtt5) => MqttTestClient.OpenAsync(EndPoint, version);

    /// <summary>A connection that comes from this address of this machine.</summary>
    public async Task<MqttTestClient> OpenFromAsync(IPAddress address, ProtocolVersion version = ProtocolVersion.Mqtt5)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(address, 0));
        await socket.ConnectAsync(EndPoint, TestContext.Current.CancellationToken);
        return new MqttTestClient(new NetworkStream(socket, ownsSocket: true), version);
    }

    /// <summary>Lets the broker end as on a signal.</summary>
    public Task StopAsync() => _host.StopAsync();

    /// <summary>A client with an accepted CONNECT.</summary>
    public async Task<MqttTestClient> ConnectAsync(
        string clientId, ProtocolVersion version = ProtocolVersion.Mqtt5, bool cleanStart = true, uint? expiry = null)
    {
        var client = await OpenAsync(version);
        var connAck = await client.ConnectAsync(clientId, cleanStart, expiry);
        connAck.ReasonCode.ShouldBe(ReasonCode.Success);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        Directory.Delete(_dataDirectory, recursive: true);
    }
}
