using System.Buffers;
using System.Collections.Frozen;
using System.Runtime.InteropServices;
using System.Text.Json;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Cluster.Contracts;
using Starling.Cluster.Serialization.Formats;

namespace Starling.Cluster.Serialization;

/// <summary>
/// The one form that values have between the processes of a cluster: binary for what comes in numbers (messages, deliveries,
/// transfers), JSON for the rest (<see cref="WireJson"/>).
/// </summary>
/// <remarks>
/// <code>
/// version (1 byte) | fields | 0        field: tag * 4 + kind (varint), then by kind: a varint; a length (varint) and bytes; fields and a 0
/// </code>
/// Old and new programs talk during a rolling upgrade: a reader skips fields that it does not know, and takes what is absent for null, zero,
/// false or empty. So a field may be added, if whoever does not get it can go on; it must never change its kind, nor may its tag be used
/// again. The same holds for JSON, where a property that is added has a default value. The version changes when that is not enough.
/// </remarks>
public static class WireCodec
{
    private const byte Version = 1;

    private static readonly FrozenDictionary<Type, IWireFormat> Formats = new IWireFormat[]
    {
        MessageFormat.One,
        MessageFormat.List,
        DeliveryFormat.One,
        DeliveryFormat.List,
        InboxEntryFormat.One,
        InboxEntryFormat.List,
        EdgeRoutesFormat.Routes,
        ShardTransferFormat.Transfer,
        ShardTransferFormat.Reply,
        EdgeTransferFormat.Transfer,
        EdgeTransferFormat.Reply,
        InboxPushFormat.Push,
        RetainedPageFormat.Page,
        CallFormats.Acknowledge,
        CallFormats.RecordReceived,
        CallFormats.Replay,
        CallFormats.Redispatch,
    }.ToFrozenDictionary(format => format.Type);

    /// <summary>Whether values of the type can be written: the declared one, such as <c>IReadOnlyList&lt;Delivery&gt;</c>, not the value's own.</summary>
    public static bool Supports(Type type) => Formats.ContainsKey(type) || WireJson.Default.GetTypeInfo(type) is not null;

    /// <exception cref="NotSupportedException">Values of the type do not go between processes.</exception>
    public static void Write(Type type, object? value, IBufferWriter<byte> output)
    {
        if (Formats.TryGetValue(type, out var format))
        {
            ArgumentNullException.ThrowIfNull(value);
            output.GetSpan(1)[0] = Version;
            output.Advance(1);
            var writer = new WireWriter(output);
            format.Write(writer, value);
            writer.End();
            return;
        }

        using var json = new Utf8JsonWriter(output);
        JsonSerializer.Serialize(json, value, WireJson.Default.GetTypeInfo(type) ?? throw NotSupported(type));
    }

    public static void Write<T>(T value, IBufferWriter<byte> output) => Write(typeof(T), value, output);

    /// <summary>A guess at how much <see cref="Write(Type, object, IBufferWriter{byte})"/> writes, to begin with a buffer of that size.</summary>
    public static int SizeHint(object? value) => 64 + value switch
    {
        ShardTransfer transfer => MessageFormat.SizeHint(transfer.Messages),
        EdgeTransfer transfer => MessageFormat.SizeHint(transfer.Messages),
        IReadOnlyList<Message> messages => MessageFormat.SizeHint(messages),
        IReadOnlyList<Delivery> deliveries => DeliveryFormat.SizeHint(deliveries),
        RetainedPage page => MessageFormat.SizeHint(page.Messages),
        ShardReply reply => reply.Outcomes.Count,
        _ => 0,
    };

    /// <param name="type">As it was written.</param>
    /// <param name="bytes">Belong to the value from here on, whose messages refer to them: they must not be written to any more.</param>
    /// <exception cref="InvalidDataException">It is no such value, or one of a later version.</exception>
    /// <exception cref="NotSupportedException">Values of the type do not go between processes.</exception>
    public static object? Read(Type type, ReadOnlyMemory<byte> bytes)
    {
        if (!Formats.TryGetValue(type, out var format))
            return ReadJson(type, bytes);
        if (bytes.Length == 0 || bytes.Span[0] != Version)
            throw new InvalidDataException($"Another process has sent version {(bytes.Length == 0 ? 0 : bytes.Span[0])}, which cannot be read, only version {Version}.");
        var buffer = MemoryMarshal.TryGetArray(bytes, out var array) ? array : new ArraySegment<byte>(bytes.ToArray());
        var reader = new WireReader(buffer.Array!, buffer.Offset + 1, buffer.Count - 1);
        var value = format.Read(ref reader);
        return reader.IsAtEnd ? value : throw WireReader.Damaged();
    }

    /// <inheritdoc cref="Read(Type, ReadOnlyMemory{byte})"/>
    public static T Read<T>(ReadOnlyMemory<byte> bytes) => (T)Read(typeof(T), bytes)!;

    private static object? ReadJson(Type type, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes.Span, WireJson.Default.GetTypeInfo(type) ?? throw NotSupported(type));
        }
        catch (Exception error) when (error is JsonException or FormatException)
        {
            throw new InvalidDataException($"What another process has sent is no {type.Name}.", error);
        }
    }

    private static NotSupportedException NotSupported(Type type) => new($"{type} has no form between processes.");
}
