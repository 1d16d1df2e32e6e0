using System.Net;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Access;
using Starling.Protocol;

namespace Starling.Edge.Tests.Connections;

public sealed class BanTests
{
    private static readonly TenantOptions Banning = TestBroker.Demo with
    {
        Bans = [new Ban { ClientId = ClientIdPattern.Parse("bot-*") }, new Ban { Address = IPNetwork.Parse("127.0.0.2/32") }],
    };

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311, ReasonCode.NotAuthorized)]
    [InlineData(ProtocolVersion.Mqtt5, ReasonCode.Banned)]
    public async Task A_banned_client_is_refused_and_others_are_not(ProtocolVersion version, ReasonCode reason)
    {
        await using var broker = await TestBroker.StartAsync(Banning);
        await using var client = await broker.OpenAsync(version);
        (await client.ConnectAsync(new ConnectPacket { ProtocolVersion = version, ClientIdentifier = "bot-1" })).ReasonCode.ShouldBe(reason);
        await client.ExpectClosedAsync();
        await using var elsewhere = await broker.OpenFromAsync(IPAddress.Parse("127.0.0.2"), version);
        (await elsewhere.ConnectAsync(new ConnectPacket { ProtocolVersion = version, ClientIdentifier = "c" })).ReasonCode.ShouldBe(reason);

        await using var other = await broker.ConnectAsync("c", version);
        await other.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_client_that_is_banned_while_it_is_connected_is_closed()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("bot-1");
        await using var other = await broker.ConnectAsync("c");

        broker.Tenants.Apply([Banning]);

        await client.ExpectDisconnectedAsync(ReasonCode.NotAuthorized);
        await other.ExpectNothingAsync();
    }
}
