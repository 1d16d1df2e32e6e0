using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Tenants.Quotas;
using Starling.Cluster.Contracts;
using Starling.Cluster.Serialization.Calls;
using Starling.Protocol;

namespace Starling.Cluster.Serialization;

/// <summary>
/// The types that go between processes as JSON. Unknown properties are skipped; one that is added later is absent in what older programs
/// send, so it needs a default value.
/// </summary>
[JsonSourceGenerationOptions(
    IgnoreReadOnlyProperties = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    Converters = [typeof(AddressConverter), typeof(SubscriptionOptionsConverter)])]
[JsonSerializable(typeof(SessionConnect))]
[JsonSerializable(typeof(SessionConnected))]
[JsonSerializable(typeof(SessionDisconnect))]
[JsonSerializable(typeof(SessionWill))]
[JsonSerializable(typeof(Subscription))]
[JsonSerializable(typeof(InboxSummary?))]
[JsonSerializable(typeof(SharedGroupKey))]
[JsonSerializable(typeof(SharedMember))]
[JsonSerializable(typeof(RetainedQuery))]
[JsonSerializable(typeof(EdgeLease))]
[JsonSerializable(typeof(EdgeEntry))]
[JsonSerializable(typeof(TenantDemand))]
[JsonSerializable(typeof(TenantShare))]
[JsonSerializable(typeof(IReadOnlyList<EdgeEntry>))]
[JsonSerializable(typeof(IReadOnlyList<Subscription>))]
[JsonSerializable(typeof(IReadOnlyList<ReasonCode>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(IReadOnlyList<int>))]
[JsonSerializable(typeof(IReadOnlyList<ushort>))]
[JsonSerializable(typeof(IReadOnlyList<InboxAck>))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(long))]
[JsonSerializable(typeof(StartCall))]
[JsonSerializable(typeof(DisconnectCall))]
[JsonSerializable(typeof(SubscribeCall))]
[JsonSerializable(typeof(UnsubscribeCall))]
[JsonSerializable(typeof(SetDurableRouteCall))]
[JsonSerializable(typeof(RemoveDurableRouteCall))]
[JsonSerializable(typeof(JoinCall))]
[JsonSerializable(typeof(LeaveCall))]
[JsonSerializable(typeof(CompletedCall))]
[JsonSerializable(typeof(AnnounceCall))]
[JsonSerializable(typeof(CloseCall))]
[JsonSerializable(typeof(EvictCall))]
[JsonSerializable(typeof(RenewCall))]
[JsonSerializable(typeof(ReadEdgesCall))]
[JsonSerializable(typeof(RenewShareCall))]
[JsonSerializable(typeof(CallFailure))]
internal sealed partial class WireJson : JsonSerializerContext;

internal sealed class AddressConverter : JsonConverter<IPAddress>
{
    public override IPAddress Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && IPAddress.TryParse(reader.GetString(), out var address)
            ? address
            : throw new JsonException("no IP address");

    public override void Write(Utf8JsonWriter writer, IPAddress value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.ToString());
}

/// <summary>The byte of the SUBSCRIBE packet.</summary>
internal sealed class SubscriptionOptionsConverter : JsonConverter<SubscriptionOptions>
{
    public override SubscriptionOptions Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        SubscriptionOptions.FromByte(reader.GetByte());

    public override void Write(Utf8JsonWriter writer, SubscriptionOptions value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.ToByte());
}
