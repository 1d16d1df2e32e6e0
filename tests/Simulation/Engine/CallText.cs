using System.Buffers.Binary;
using Orleans.Serialization.Invocation;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Cluster.Contracts;

namespace Starling.Simulation.Engine;

/// <summary>Says of a call what a reader of a trace wants to know: which messages it carries, and by which epochs.</summary>
internal static class CallText
{
    /// <summary>Null for calls of which the trace says enough.</summary>
    public static string? Of(IInvokable call) => (call.GetMethodName(), call.GetArgumentCount() > 0 ? call.GetArgument(0) : null) switch
    {
        (_, ShardTransfer transfer) => Of(transfer),
        (_, EdgeTransfer transfer) => Of(transfer),
        (_, SessionConnect connect) => $"connect {connect.EdgeId}",
        (nameof(ISession.EnqueueAsync), IEnumerable<Delivery> deliveries) => "enqueue" + Of(deliveries.Select(d => d.Message)),
        (nameof(ISession.RecordReceivedAsync), long epoch) =>
            $"epoch {epoch}, received [{Of(call.GetArgument(1))}], released [{Of(call.GetArgument(2))}]",
        _ => null,
    };

    private static string Of(ShardTransfer transfer) =>
        $"transfer {transfer.Number & 0xFFFF} of {transfer.Sender}, epoch {transfer.KnownEpoch}{Of(transfer.Messages)}";

    private static string Of(EdgeTransfer transfer) =>
        $"transfer {transfer.Number} of {transfer.Tenant}/{transfer.Shard}, epoch {transfer.Epoch}{Of(transfer.Messages)}";

    private static string Of(object? identifiers) => string.Join(", ", (IReadOnlyList<ushort>)identifiers!);

    private static string Of(IEnumerable<Message> messages) => string.Concat(messages.Select(message =>
        $" {message.Publisher?.ClientId}@{message.Publisher?.Epoch}/{message.RepeatableIdentifier}#{(message.Payload.Length >= sizeof(long) ? BinaryPrimitives.ReadInt64BigEndian(message.Payload) : 0)}"));
}
