using Starling.Protocol;

namespace Starling.Edge.Tests.Connections;

public sealed class ClientIdentifierTests
{
    public static TheoryData<ProtocolVersion> Versions => new(Enum.GetValues<ProtocolVersion>());

    [Fact]
    [Trait("Statement", "MQTT5-3.1.3-6")]
    [Trait("Statement", "MQTT5-3.1.3-7")]
    [Trait("Statement", "MQTT5-3.2.2-16")]
    public async Task A_client_without_an_identifier_is_assigned_a_unique_one()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var first = await broker.OpenAsync();
        await using var second = await broker.OpenAsync();

        var one = (await first.ConnectAsync("")).AssignedClientIdentifier;
        var other = (await second.ConnectAsync("")).AssignedClientIdentifier;

        one.ShouldNotBeNullOrEmpty();
        other.ShouldNotBeNullOrEmpty();
        other.ShouldNotBe(one);
        await first.ExpectNothingAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.3-7")]
    public async Task The_session_of_an_assigned_identifier_can_be_resumed_by_it()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.OpenAsync();
        var assigned = (await client.ConnectAsync("", sessionExpiryInterval: 100)).AssignedClientIdentifier!;
        await client.DisconnectAsync();

        await using var again = await broker.OpenAsync();

        (await again.ConnectAsync(assigned, cleanStart: false, 100)).SessionPresent.ShouldBeTrue();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.3-6")]
    public async Task A_client_without_an_identifier_may_ask_to_resume_and_gets_a_new_session()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.OpenAsync();

        var connAck = await client.ConnectAsync("", cleanStart: false, 100);

        connAck.SessionPresent.ShouldBeFalse();
        connAck.AssignedClientIdentifier.ShouldNotBeNullOrEmpty();
    }

    [Fact]
    [Trait("Statement", "MQTT311-3.1.3-6")]
    public async Task Clients_of_3_1_1_without_an_identifier_do_not_share_a_session()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var first = await broker.ConnectAsync("", ProtocolVersion.Mqtt311);
        await using var second = await broker.ConnectAsync("", ProtocolVersion.Mqtt311);

        await first.ExpectNothingAsync();
        await second.ExpectNothingAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.2.2-16")]
    public async Task A_client_with_an_identifier_is_assigned_none()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.OpenAsync();

        (await client.ConnectAsync("mine")).AssignedClientIdentifier.ShouldBeNull();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-3.1.3-5")]
    [Trait("Statement", "MQTT311-3.1.3-5")]
    public async Task Every_identifier_that_the_standard_promises_is_accepted(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        foreach (var identifier in (string[])["0", "0123456789abcdefghijklm", "nopqrstuvwxyzABCDEFGHIJ", "KLMNOPQRSTUVWXYZ"])
            await (await broker.ConnectAsync(identifier, version)).DisconnectAsync();
        broker.Counters.ConnectionsAccepted.Value.ShouldBe(4);
    }

    [Theory]
    [InlineData("a client/with + # $ in it")]
    [InlineData("客户端-🐦")]
    public async Task Identifiers_beyond_that_are_accepted_too(string identifier)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync(identifier);

        await client.ExpectNothingAsync();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-3.1.3-8")]
    [Trait("Statement", "MQTT311-3.1.3-9")]
    public async Task An_identifier_longer_than_topics_may_be_is_rejected(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { TopicLength = 50 } });
        await using var client = await broker.OpenAsync(version);

        var connAck = await client.ConnectAsync(new ConnectPacket { ProtocolVersion = version, ClientIdentifier = new string('x', 51) });

        connAck.ReasonCode.ShouldBe(ReasonCode.ClientIdentifierNotValid);
        await client.ExpectClosedAsync();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-1.5.4-3")]
    [Trait("Statement", "MQTT5-3.1.3-2")]
    [Trait("Statement", "MQTT311-1.5.3-3")]
    [Trait("Statement", "MQTT311-3.1.3-2")]
    public async Task A_byte_order_mark_makes_another_client(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var plain = await broker.ConnectAsync("c", version);
        await using var marked = await broker.ConnectAsync("\uFEFFc", version);

        await plain.ExpectNothingAsync();
    }

    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-1.5.4-3")]
    [Trait("Statement", "MQTT311-1.5.3-3")]
    public async Task A_byte_order_mark_in_a_topic_is_passed_on(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        await client.SubscribeAsync("#");

        await client.PublishAsync("\uFEFFa/\uFEFF", "x");

        (await client.ExpectMessageAsync()).Topic.ShouldBe("\uFEFFa/\uFEFF");
    }

    [Fact]
    public async Task Clients_of_two_tenants_may_have_the_same_identifier()
    {
        var acme = TestBroker.Demo with { Name = "acme", Anonymous = new([]) };
        await using var broker = await TestBroker.StartAsync(others: acme);
        await using var here = await broker.ConnectAsync("device");
        await using var there = await broker.OpenAsync();
        (await there.ConnectAsync(new ConnectPacket { ClientIdentifier = "device", UserName = "acme/" })).ReasonCode.ShouldBe(ReasonCode.Success);

        await here.ExpectNothingAsync();
    }
}
