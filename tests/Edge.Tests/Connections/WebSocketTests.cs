using System.Net.WebSockets;
using Microsoft.Extensions.DependencyInjection;
using Starling.Broker.Tenants;
using Starling.Edge.Configuration;
using Starling.Edge.Hosting;
using Starling.Hosting.Configuration;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

/// <summary>MQTT over WebSocket, from the upgrade to the end.</summary>
public sealed class WebSocketTests : IAsyncLifetime
{
    private EdgeHost _host = null!;

    private Uri Address => new($"ws://{_host.Endpoints["ws"]}/mqtt");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var options = new EdgeOptions
        {
            Listeners = [new ListenerOptions { Name = "ws", Type = ListenerType.Ws, Port = 0, Tenant = "demo" }],
            Management = null,
            Logging = new LoggingOptions { Level = Microsoft.Extensions.Logging.LogLevel.None },
        };
        _host = await EdgeHost.StartAsync(options, services => BrokerServices.Add(options, services), cancellation: Token);
        _host.Services.GetRequiredService<TenantDirectory>().Apply([TestBroker.Demo]);
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Theory]
    [InlineData(ProtocolVersion.Mqtt31)]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    [Trait("Statement", "MQTT5-6.0.0-1")]
    [Trait("Statement", "MQTT5-6.0.0-4")]
    [Trait("Statement", "MQTT311-6.0.0-1")]
    [Trait("Statement", "MQTT311-6.0.0-4")]
    public async Task A_client_publishes_to_itself(ProtocolVersion version)
    {
        await using var client = await MqttTestClient.OpenWebSocketAsync(Address, version);
        await client.ConnectAsync("c");
        await client.SubscribeAsync("a", QualityOfService.ExactlyOnce);

        await client.PublishAsync("a", new string('x', 100_000), QualityOfService.ExactlyOnce);

        (await client.ExpectMessageAsync()).Payload.Length.ShouldBe(100_000);
        await client.DisconnectAsync();
    }

    [Theory]
    [MemberData(nameof(Subscriptions.Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-6.0.0-2")]
    [Trait("Statement", "MQTT311-6.0.0-2")]
    public async Task Packets_need_not_begin_or_end_where_frames_do(ProtocolVersion version)
    {
        await using var client = await MqttTestClient.OpenWebSocketAsync(Address, version);
        var connect = AnyPacket.Encode(new ConnectPacket { ProtocolVersion = version, ClientIdentifier = "c" }, version);

        await client.SendAsync(connect[..5]);
        await client.SendAsync([.. connect[5..], 0xC0]);
        await client.SendAsync([0, 0xC0, 0]);

        await client.ExpectAsync<ConnAckPacket>();
        await client.ExpectAsync<PingRespPacket>();
        await client.ExpectAsync<PingRespPacket>();
    }

    [Theory]
    [MemberData(nameof(Subscriptions.Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-6.0.0-1")]
    [Trait("Statement", "MQTT311-6.0.0-1")]
    public async Task A_text_frame_ends_the_connection_as_a_lost_one(ProtocolVersion version)
    {
        await using var watcher = await MqttTestClient.OpenWebSocketAsync(Address);
        await watcher.ConnectAsync("watcher");
        await watcher.SubscribeAsync("w");
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("mqtt");
        await socket.ConnectAsync(Address, Token);
        var connect = new ConnectPacket { ProtocolVersion = version, ClientIdentifier = "c", Will = new() { Topic = "w" } };
        await socket.SendAsync(AnyPacket.Encode(connect, version), WebSocketMessageType.Binary, endOfMessage: true, Token);
        await socket.ReceiveAsync(new byte[100], Token);

        await socket.SendAsync(new byte[] { 0xC0, 0 }, WebSocketMessageType.Text, endOfMessage: true, Token);

        (await watcher.ExpectMessageAsync()).Topic.ShouldBe("w");
    }
}
