using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

/// <summary>What the tests about subscriptions say often.</summary>
internal static class Subscriptions
{
    public const QualityOfService QoS0 = QualityOfService.AtMostOnce;
    public const QualityOfService QoS1 = QualityOfService.AtLeastOnce;
    public const QualityOfService QoS2 = QualityOfService.ExactlyOnce;

    /// <summary>The statements of 3.1.1 hold for it and for 5.0.</summary>
    public static TheoryData<ProtocolVersion> Versions => [ProtocolVersion.Mqtt311, ProtocolVersion.Mqtt5];

    public static Task<SubAckPacket> SubscribeAsync(
        this MqttTestClient client, string filter, SubscriptionOptions options, uint? identifier = null) =>
        client.SubscribeAsync(new SubscribePacket
        {
            PacketIdentifier = client.NextPacketIdentifier(),
            SubscriptionIdentifier = identifier,
            Subscriptions = [new(filter, options)],
        });

    public static Task<SubAckPacket> SubscribeAsync(this MqttTestClient client, params SubscriptionRequest[] requests) =>
        client.SubscribeAsync(new SubscribePacket { PacketIdentifier = client.NextPacketIdentifier(), Subscriptions = requests });

    public static SubscriptionRequest To(string filter, QualityOfService qos = QoS0) => new(filter, new(qos));

    /// <summary>The payloads of the next messages, in the order they come, acknowledged.</summary>
    public static async Task<string[]> ExpectPayloadsAsync(this MqttTestClient client, int count)
    {
        var payloads = new string[count];
        for (var i = 0; i < count; i++)
            payloads[i] = (await client.ExpectMessageAsync()).Text;
        return payloads;
    }
}
