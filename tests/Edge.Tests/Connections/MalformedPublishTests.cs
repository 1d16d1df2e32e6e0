using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

/// <summary>Every wrong PUBLISH, PUBACK, PUBREC, PUBREL and PUBCOMP of the catalogue closes its connection, with the reason.</summary>
public sealed class MalformedPublishTests(MalformedPublishTests.OneBroker one) : IClassFixture<MalformedPublishTests.OneBroker>
{
    private readonly TestBroker _broker = one.Broker;

    public static TheoryData<string> Names() =>
        [.. PacketCatalogue.Refused.Where(c => c.Sender == PublishSender.Client && c.Name.StartsWith("PUB", StringComparison.Ordinal)).Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Statement", "MQTT5-2.2.1-3")]
    [Trait("Statement", "MQTT5-3.3.1-2")]
    [Trait("Statement", "MQTT5-3.3.1-4")]
    [Trait("Statement", "MQTT5-3.3.2-1")]
    [Trait("Statement", "MQTT5-3.3.2-2")]
    [Trait("Statement", "MQTT5-3.3.2-8")]
    [Trait("Statement", "MQTT5-3.3.2-13")]
    [Trait("Statement", "MQTT5-3.3.2-14")]
    [Trait("Statement", "MQTT5-3.3.2-19")]
    [Trait("Statement", "MQTT5-3.3.4-6")]
    [Trait("Statement", "MQTT5-3.4.2-1")]
    [Trait("Statement", "MQTT5-3.5.2-1")]
    [Trait("Statement", "MQTT5-3.6.1-1")]
    [Trait("Statement", "MQTT5-3.6.2-1")]
    [Trait("Statement", "MQTT5-3.7.2-1")]
    [Trait("Statement", "MQTT311-2.3.1-1")]
    [Trait("Statement", "MQTT311-3.3.1-2")]
    [Trait("Statement", "MQTT311-3.3.1-4")]
    [Trait("Statement", "MQTT311-3.3.2-1")]
    [Trait("Statement", "MQTT311-3.3.2-2")]
    [Trait("Statement", "MQTT311-3.6.1-1")]
    public async Task A_wrong_packet_closes_the_connection_with_its_reason(string name)
    {
        var packet = PacketCatalogue.Named(name);
        var errors = _broker.Counters().ProtocolErrors.Value;
        await using var client = await _broker.ConnectAsync("c", packet.Version);

        await client.SendAsync(packet.Bytes);

        await client.ExpectDisconnectedAsync(packet.Expectation.RefusedWith!.Value);
        _broker.Counters().ProtocolErrors.Value.ShouldBe(errors + 1);
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311, 0x60)]
    [InlineData(ProtocolVersion.Mqtt311, 0x6F)]
    [InlineData(ProtocolVersion.Mqtt5, 0x60)]
    [InlineData(ProtocolVersion.Mqtt5, 0x6A)]
    [Trait("Statement", "MQTT5-3.6.1-1")]
    [Trait("Statement", "MQTT311-3.6.1-1")]
    public async Task PUBREL_with_other_flags_than_2_is_malformed(ProtocolVersion version, byte first)
    {
        await using var client = await _broker.ConnectAsync("c", version);

        await client.SendAsync(Raw.Packet(first, 0, 1));

        await client.ExpectDisconnectedAsync(ReasonCode.MalformedPacket);
    }

    /// <summary>Wrong packets of one client do the broker no harm: the next test finds it as it was.</summary>
    public sealed class OneBroker : IAsyncLifetime
    {
        internal TestBroker Broker { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Broker = await TestBroker.StartAsync();

        public ValueTask DisposeAsync() => Broker.DisposeAsync();
    }
}
