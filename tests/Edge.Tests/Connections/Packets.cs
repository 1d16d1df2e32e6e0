using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants.Quotas;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

/// <summary>Packets in few words, and what tests of publishing ask a broker for.</summary>
internal static class Packets
{
    public static PublishMessage Publish(
        string topic, string payload = "x", int qos = 0, ushort id = 0, bool dup = false, bool retain = false) => new()
        {
            Topic = topic,
            Payload = Encoding.UTF8.GetBytes(payload),
            QoS = (QualityOfService)qos,
            PacketIdentifier = id,
            Dup = dup,
            Retain = retain,
        };

    public static AckPacket PubAck(ushort id, ReasonCode reason = ReasonCode.Success) => new(PacketType.PubAck, id, reason);

    public static AckPacket PubRec(ushort id, ReasonCode reason = ReasonCode.Success) => new(PacketType.PubRec, id, reason);

    public static AckPacket PubRel(ushort id, ReasonCode reason = ReasonCode.Success) => new(PacketType.PubRel, id, reason);

    public static AckPacket PubComp(ushort id, ReasonCode reason = ReasonCode.Success) => new(PacketType.PubComp, id, reason);

    /// <summary>All packets in one write; byte arrays go as they are.</summary>
    public static Task SendTogetherAsync(this MqttTestClient client, params IEnumerable<object> packets) =>
        client.SendAsync([.. packets.SelectMany(packet => packet as byte[] ?? AnyPacket.Encode(packet, client.Version))]);

    /// <summary>The next packet is an acknowledgement of this type, packet identifier and, in MQTT 5, reason.</summary>
    public static async Task ExpectAckAsync(this MqttTestClient client, AckPacket expected)
    {
        var ack = await client.ExpectAsync<AckPacket>();
        (ack.Type, ack.PacketIdentifier).ShouldBe((expected.Type, expected.PacketIdentifier));
        if (client.Version == ProtocolVersion.Mqtt5)
            ack.ReasonCode.ShouldBe(expected.ReasonCode);
    }

    /// <summary>The next packet, a PUBLISH with this payload, which is not acknowledged.</summary>
    public static async Task<PublishMessage> ExpectPublishAsync(this MqttTestClient client, string payload)
    {
        var message = await client.ExpectAsync<PublishMessage>();
        message.Text.ShouldBe(payload);
        return message;
    }

    /// <summary>The next two packets, in whatever order: an acknowledgement, and a PUBLISH with this payload.</summary>
    public static async Task<PublishMessage> ExpectAckAndPublishAsync(this MqttTestClient client, string payload)
    {
        object[] received = [(await client.ReceiveAsync()).Packet, (await client.ReceiveAsync()).Packet];
        received.OfType<AckPacket>().ShouldHaveSingleItem(string.Join(", ", received));
        var message = received.OfType<PublishMessage>().ShouldHaveSingleItem();
        message.Text.ShouldBe(payload);
        return message;
    }

    /// <summary>A client whose CONNECT says more than usual, and is accepted.</summary>
    public static async Task<MqttTestClient> ConnectAsync(this TestBroker broker, ConnectPacket connect)
    {
        var client = await broker.OpenAsync(connect.ProtocolVersion);
        (await client.ConnectAsync(connect)).ReasonCode.ShouldBe(ReasonCode.Success);
        return client;
    }

    /// <summary>A client of a durable session, whatever the version.</summary>
    public static Task<MqttTestClient> ResumeAsync(this TestBroker broker, string clientId, ProtocolVersion version = ProtocolVersion.Mqtt5) =>
        broker.ConnectAsync(clientId, version, cleanStart: false, expiry: version == ProtocolVersion.Mqtt5 ? 3600 : null);

    /// <summary>Moves the clock on, step by step, for as long as the task takes. Returns how far.</summary>
    /// <param name="time">The broker's clock.</param>
    /// <param name="task">What the time is waited for.</param>
    /// <param name="step">Between steps the broker answers <paramref name="bystander"/>, so that it keeps up.</param>
    /// <param name="bystander">A client to which nothing is sent.</param>
    public static async Task<TimeSpan> AdvanceUntilAsync(this ManualTime time, Task task, TimeSpan step, MqttTestClient bystander)
    {
        var since = time.GetUtcNow();
        while (!task.IsCompleted)
        {
            time.Advance(step);
            await bystander.ExpectNothingAsync();
        }

        await task;
        return time.GetUtcNow() - since;
    }

    public static TenantCounters Counters(this TestBroker broker) => broker.Services.GetRequiredService<BrokerMetrics>().For("demo");

    public static TenantQuotas Quotas(this TestBroker broker) =>
        broker.Tenants.TryGet("demo", out var tenant) ? tenant.Quotas : throw new KeyNotFoundException();
}
