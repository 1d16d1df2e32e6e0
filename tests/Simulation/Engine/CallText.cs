using System.Buffers.Binary;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Cluster.Contracts;
using Starling.Cluster.Serialization.Calls;

namespace Starling.Simulation.Engine;

/// <summary>Says of a call what a reader of a trace wants to know: which messages it carries, and by which epochs.</summary>
internal static class CallText
{
    /// <summary>Null for calls of which the trace says enough.</summary>
    public static string? Of(string what, byte[] call) => (what, call[0]) switch
    {
        ("shard", (byte)ShardProxy.Method.Transfer) => Of(WireCall.Arguments<ShardTransfer>(call)),
        ("edge", (byte)EdgeProxy.Method.Transfer) => Of(WireCall.Arguments<EdgeTransfer>(call)),
        ("session", (byte)SessionProxy.Method.Enqueue) => "enqueue" + Of(WireCall.Arguments<IReadOnlyList<Delivery>>(call).Select(d => d.Message)),
        ("session", (byte)SessionProxy.Method.RecordReceived) => Of(WireCall.Arguments<RecordReceivedCall>(call)),
        ("session", (byte)SessionProxy.Method.Connect) => $"connect {WireCall.Arguments<SessionConnect>(call).EdgeId}",
        _ => null,
    };

    private static string Of(ShardTransfer transfer) =>
        $"transfer {transfer.Number & 0xFFFF} of {transfer.Sender}, epoch {transfer.KnownEpoch}{Of(transfer.Messages)}";

    private static string Of(EdgeTransfer transfer) =>
        $"transfer {transfer.Number} of {transfer.Tenant}/{transfer.Shard}, epoch {transfer.Epoch}{Of(transfer.Messages)}";

    private static string Of(RecordReceivedCall call) =>
        $"epoch {call.Epoch}, received [{string.Join(", ", call.Received)}], released [{string.Join(", ", call.Released)}]";

    private static string Of(IEnumerable<Message> messages) => string.Concat(messages.Select(message =>
        $" {message.Publisher?.ClientId}@{message.Publisher?.Epoch}/{message.RepeatableIdentifier}#{(message.Payload.Length >= sizeof(long) ? BinaryPrimitives.ReadInt64BigEndian(message.Payload) : 0)}"));
}
