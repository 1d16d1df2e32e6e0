using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Broker.Messages;
using Starling.Protocol;

namespace Starling.Broker.Sessions;

/// <summary>How a session gets a message, beside the message itself, as stores keep it: two bytes, and for few messages something extra.</summary>
public static partial class DeliveryFrame
{
    private const short RetainFlag = 4;

    public static short Flags(in Delivery delivery) => (short)((int)delivery.QoS | (delivery.Retain ? RetainFlag : 0));

    /// <summary>Null for most.</summary>
    public static byte[]? Extra(in Delivery delivery) =>
        delivery.SubscriptionIdentifiers is null && delivery.Group is null
            ? null
            : JsonSerializer.SerializeToUtf8Bytes(
                new ExtraFields(delivery.SubscriptionIdentifiers, delivery.Group?.ShareName, delivery.Group?.Filter), DeliveryJson.Default.ExtraFields);

    public static Delivery Read(Message message, short flags, byte[]? extra)
    {
        var (qos, retain) = ((QualityOfService)(flags & 3), (flags & RetainFlag) != 0);
        if (extra is null || JsonSerializer.Deserialize(extra, DeliveryJson.Default.ExtraFields) is not { } fields)
            return new Delivery(message, qos, retain, null);
        var group = fields.ShareName is null || fields.Filter is null ? null : new SharedGroupKey(fields.ShareName, fields.Filter);
        return new Delivery(message, qos, retain, fields.Identifiers, group);
    }

    internal sealed record ExtraFields(
        [property: JsonPropertyName("ids")] uint[]? Identifiers,
        [property: JsonPropertyName("share")] string? ShareName,
        [property: JsonPropertyName("filter")] string? Filter);

    [JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
    [JsonSerializable(typeof(ExtraFields))]
    private sealed partial class DeliveryJson : JsonSerializerContext;
}
