using System.Net;
using Starling.Broker.Tenants.Collisions;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

/// <summary>Two devices at two addresses with one client identifier, each of which comes back as soon as it is closed.</summary>
public sealed class ClientIdentifierCollisionTests
{
    private static readonly IPAddress Here = IPAddress.Loopback;
    private static readonly IPAddress There = IPAddress.Parse("127.0.0.2");

    private static readonly ClientIdCollisionOptions Options = new() { Threshold = 3, Hold = TimeSpan.FromSeconds(60) };

    public static TheoryData<ProtocolVersion, ReasonCode> Refusals => new()
    {
        { ProtocolVersion.Mqtt31, ReasonCode.ServerUnavailable },
        { ProtocolVersion.Mqtt311, ReasonCode.ServerUnavailable },
        { ProtocolVersion.Mqtt5, ReasonCode.QuotaExceeded },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task A_fight_ends_with_the_older_connection_kept(ProtocolVersion version, ReasonCode reason)
    {
        await using var broker = await StartAsync(new ManualTime());
        await using var one = await ConnectAsync(broker, Here, version);
        await using var two = await ConnectAsync(broker, There, version);
        await using var three = await ConnectAsync(broker, Here, version);

        await using var four = await broker.OpenFromAsync(There, version);
        var connAck = await four.ConnectAsync(new ConnectPacket { ProtocolVersion = version, ClientIdentifier = "twin" });

        connAck.ReasonCode.ShouldBe(reason);
        await four.ExpectClosedAsync();
        await three.ExpectNothingAsync();
    }

    [Fact]
    public async Task After_the_hold_the_newer_one_may_take_over()
    {
        var time = new ManualTime();
        await using var broker = await StartAsync(time);
        await using var one = await ConnectAsync(broker, Here);
        await using var two = await ConnectAsync(broker, There);
        await using var three = await ConnectAsync(broker, Here);
        await using var refused = await broker.OpenFromAsync(There);
        (await refused.ConnectAsync(new ConnectPacket { ClientIdentifier = "twin" })).ReasonCode.ShouldBe(ReasonCode.QuotaExceeded);

        time.Advance(Options.Hold + TimeSpan.FromSeconds(1));
        await using var five = await ConnectAsync(broker, There);

        await three.ExpectDisconnectedAsync(ReasonCode.SessionTakenOver);
    }

    [Fact]
    public async Task A_device_that_comes_back_from_its_own_address_always_takes_over()
    {
        await using var broker = await StartAsync(new ManualTime());
        var client = await ConnectAsync(broker, Here);
        for (var i = 0; i < 10; i++)
        {
            var lost = client;
            client = await ConnectAsync(broker, Here);
            await lost.ExpectDisconnectedAsync(ReasonCode.SessionTakenOver);
            await lost.DisposeAsync();
        }

        await client.DisposeAsync();
    }

    private static Task<TestBroker> StartAsync(ManualTime time) =>
        TestBroker.StartAsync(TestBroker.Demo with { ClientIdCollisions = Options }, time);

    private static async Task<MqttTestClient> ConnectAsync(TestBroker broker, IPAddress address, ProtocolVersion version = ProtocolVersion.Mqtt5)
    {
        var client = await broker.OpenFromAsync(address, version);
        (await client.ConnectAsync(new ConnectPacket { ProtocolVersion = version, ClientIdentifier = "twin" })).ReasonCode.ShouldBe(ReasonCode.Success);
        return client;
    }
}
