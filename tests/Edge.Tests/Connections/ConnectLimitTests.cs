using Starling.Broker.Tenants.Quotas;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

public sealed class ConnectLimitTests
{
    public static TheoryData<ProtocolVersion, ReasonCode, ReasonCode> Refusals => new()
    {
        // What 3.1 and 3.1.1 say for both is Server unavailable, return code 3.
        { ProtocolVersion.Mqtt31, ReasonCode.ServerUnavailable, ReasonCode.ServerUnavailable },
        { ProtocolVersion.Mqtt311, ReasonCode.ServerUnavailable, ReasonCode.ServerUnavailable },
        { ProtocolVersion.Mqtt5, ReasonCode.QuotaExceeded, ReasonCode.ConnectionRateExceeded },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    [Trait("Statement", "MQTT5-3.1.4-2")]
    [Trait("Statement", "MQTT5-3.2.2-6")]
    [Trait("Statement", "MQTT5-3.2.2-7")]
    [Trait("Statement", "MQTT311-3.2.2-5")]
    public async Task A_connection_over_the_limit_is_refused(ProtocolVersion version, ReasonCode reason, ReasonCode _)
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { Connections = 1 } });
        await using var first = await broker.ConnectAsync("first", version);
        await using var second = await broker.OpenAsync(version);

        var connAck = await second.ConnectAsync(new ConnectPacket { ProtocolVersion = version, ClientIdentifier = "second" });

        connAck.ReasonCode.ShouldBe(reason);
        await second.ExpectClosedAsync();
        await first.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_connection_that_has_ended_makes_room()
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { Connections = 1 } });
        await (await broker.ConnectAsync("first")).DisconnectAsync();

        await using var second = await broker.ConnectAsync("second");

        await second.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_refused_connection_takes_no_room()
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { Connections = 1 } });
        await using (var refused = await broker.OpenAsync())
        {
            await refused.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", Will = new() { Topic = "$SYS/x" } });
            await refused.ExpectClosedAsync();
        }

        await using var client = await broker.ConnectAsync("c");

        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_client_takes_its_own_connection_over_even_at_the_limit()
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { Connections = 1 } });
        await using var lost = await broker.ConnectAsync("c");

        await using var back = await broker.ConnectAsync("c");
        await lost.ExpectDisconnectedAsync(ReasonCode.SessionTakenOver);
        await using var other = await broker.OpenAsync();

        (await other.ConnectAsync(new ConnectPacket { ClientIdentifier = "other" })).ReasonCode.ShouldBe(ReasonCode.QuotaExceeded);
    }

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task Connections_that_come_too_fast_are_refused_until_the_rate_allows_them(ProtocolVersion version, ReasonCode _, ReasonCode reason)
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { ConnectsPerSecond = 2 } }, time);
        await using var first = await broker.ConnectAsync("1", version);
        await using var second = await broker.ConnectAsync("2", version);
        await using var third = await broker.OpenAsync(version);

        var connAck = await third.ConnectAsync(new ConnectPacket { ProtocolVersion = version, ClientIdentifier = "3" });
        time.Advance(TimeSpan.FromSeconds(1));
        await using var fourth = await broker.ConnectAsync("4", version);

        connAck.ReasonCode.ShouldBe(reason);
        await third.ExpectClosedAsync();
    }

    [Fact]
    public async Task Refusals_are_counted_by_limit()
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { Connections = 0 } });
        await using var client = await broker.OpenAsync();

        await client.ConnectAsync(new ConnectPacket { ClientIdentifier = "c" });

        broker.Tenants.TryGet("demo", out var tenant).ShouldBeTrue();
        tenant.Quotas.Refusals(TenantLimit.Connections).ShouldBe(1);
        broker.Counters.ConnectionsRefused.Value.ShouldBe(1);
    }

    [Fact]
    public async Task One_process_takes_so_many_connections_of_a_tenant_and_no_more()
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { ConnectionsPerProcess = 1 } });
        await using var first = await broker.ConnectAsync("first");
        await using var second = await broker.OpenAsync();

        (await second.ConnectAsync(new ConnectPacket { ClientIdentifier = "second" })).ReasonCode.ShouldBe(ReasonCode.QuotaExceeded);
        broker.Quotas().Refusals(TenantLimit.ConnectionsPerProcess).ShouldBe(1);
    }

    [Fact]
    public async Task Durable_sessions_are_limited_and_one_that_is_there_can_be_resumed()
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { DurableSessions = 1 } });
        await using var first = await broker.ConnectAsync("first", expiry: 100);
        await using var refused = await broker.OpenAsync();

        (await refused.ConnectAsync(new ConnectPacket { ClientIdentifier = "second", SessionExpiryInterval = 100 })).ReasonCode.ShouldBe(ReasonCode.QuotaExceeded);
        broker.Quotas().Refusals(TenantLimit.DurableSessions).ShouldBe(1);
        await using var passing = await broker.ConnectAsync("second");
        await using var again = await broker.ConnectAsync("first", cleanStart: false, expiry: 100);
        await again.DisconnectAsync(sessionExpiryInterval: 0);
        await using var third = await broker.ConnectAsync("third", expiry: 100);
    }
}
