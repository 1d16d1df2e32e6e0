using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

/// <summary>Every packet of the catalogue that a broker has to refuse, sent to a broker.</summary>
public sealed class RefusedPacketTests(RefusedPacketTests.SharedBroker shared) : IClassFixture<RefusedPacketTests.SharedBroker>
{
    public static IEnumerable<TheoryDataRow<string>> Connects => Names(first: true);

    public static IEnumerable<TheoryDataRow<string>> LaterPackets => Names(first: false);

    [Theory]
    [MemberData(nameof(Connects))]
    [Trait("Statement", "MQTT5-4.13.1-1")]
    [Trait("Statement", "MQTT5-4.13.2-1")]
    [Trait("Statement", "MQTT311-4.8.0-1")]
    public async Task A_CONNECT_that_is_wrong_is_answered_as_its_version_allows_and_closed(string name)
    {
        var refused = PacketCatalogue.Named(name);
        await using var client = await shared.Broker.OpenAsync(refused.Version);

        await client.SendAsync(refused.Bytes);

        if (AnsweredWith(refused) is { } reason)
        {
            var connAck = await client.ExpectAsync<ConnAckPacket>();
            connAck.ShouldBe(new ConnAckPacket { ReasonCode = reason, UserProperties = connAck.UserProperties });
        }

        await client.ExpectClosedAsync();
    }

    [Theory]
    [MemberData(nameof(LaterPackets))]
    [Trait("Statement", "MQTT5-3.14.4-2")]
    [Trait("Statement", "MQTT5-4.13.1-1")]
    [Trait("Statement", "MQTT5-4.13.2-1")]
    [Trait("Statement", "MQTT311-4.8.0-1")]
    public async Task A_packet_that_is_wrong_ends_the_connection_with_its_reason(string name)
    {
        var refused = PacketCatalogue.Named(name);
        await using var client = await shared.Broker.ConnectAsync("", refused.Version is ProtocolVersion.Mqtt31 ? ProtocolVersion.Mqtt311 : refused.Version);

        await client.SendAsync(refused.Bytes);

        await client.ExpectDisconnectedAsync(refused.Expectation.RefusedWith!.Value);
    }

    /// <summary>Null when there is no answer: the packet does not say that it is MQTT, or its version has no return code for what is wrong.</summary>
    private static ReasonCode? AnsweredWith(PacketCase refused)
    {
        var reason = refused.Expectation.RefusedWith!.Value;
        if (refused.Bytes[0] != 0x10 || !ConnectPacket.TryReadProtocolLevel(refused.Bytes.AsSpan(refused.Bytes.Length > 129 ? 3 : 2), out _))
            return null;
        return refused.Version == ProtocolVersion.Mqtt5 || reason is ReasonCode.UnsupportedProtocolVersion or ReasonCode.ClientIdentifierNotValid
            ? reason
            : null;
    }

    private static IEnumerable<TheoryDataRow<string>> Names(bool first) =>
        from packet in PacketCatalogue.Refused
        where packet.Sender == PublishSender.Client && (packet.Bytes[0] >> 4 == (int)PacketType.Connect) == first
        select new TheoryDataRow<string>(packet.Name) { Traits = { ["Statement"] = [.. packet.QualifiedStatements] } };

    public sealed class SharedBroker : IAsyncLifetime
    {
        internal TestBroker Broker { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Broker = await TestBroker.StartAsync();

        public ValueTask DisposeAsync() => Broker.DisposeAsync();
    }
}
