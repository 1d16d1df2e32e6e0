using System.Runtime.InteropServices;
using Starling.Broker.Messages;
using Starling.Cluster.Contracts;
using Starling.Cluster.Serialization.Fields;
using Starling.Cluster.Serialization.Formats;

namespace Starling.Cluster.Serialization;

/// <summary>
/// Batches of messages as one block of bytes. They make up nearly all of what goes between processes, and the block is what makes them cheap:
/// messages in a row share head and topic, and whoever reads them refers to the block and copies nothing. Everything around a block (which
/// transfer, which session) is left to Orleans' serializer.
/// </summary>
/// <remarks>
/// <code>
/// version (1 byte) | fields | 0        field: tag * 4 + kind (varint), then by kind: a varint; a length (varint) and bytes; fields and a 0
/// </code>
/// Nothing at all is an empty batch. Old and new programs talk during a rolling upgrade: a reader skips fields that it does not know, and takes
/// what is absent for null, zero, false or empty. So a field may be added if a reader that does not get it can do without; a field never
/// changes its kind, and its tag is never used again. The version changes when that is not enough.
/// </remarks>
public static class PackedBatch
{
    private const byte Version = 1;

    private delegate void Write<in T>(WireWriter writer, T batch);

    private delegate T Read<out T>(ref WireReader reader);

    public static ReadOnlyMemory<byte> Of(IReadOnlyList<Message> messages) => messages.Count == 0 ? default : Pack(
        messages, MessageFormat.SizeHint(messages), static (writer, messages) => MessageFormat.Write(writer, 1, messages));

    public static ReadOnlyMemory<byte> Of(IReadOnlyList<Delivery> deliveries) => deliveries.Count == 0 ? default : Pack(
        deliveries, DeliveryFormat.SizeHint(deliveries), static (writer, deliveries) => DeliveryFormat.Write(writer, 1, deliveries));

    public static ReadOnlyMemory<byte> Of(InboxPush push) => push.Entries.Count == 0 ? default : Pack(
        push, InboxPushFormat.SizeHint(push), InboxPushFormat.Write);

    /// <inheritdoc cref="ReadPush"/>
    public static IReadOnlyList<Message> ReadMessages(ReadOnlyMemory<byte> block) => block.IsEmpty ? [] : Unpack(block, MessageFormat.ReadList);

    /// <inheritdoc cref="ReadPush"/>
    public static IReadOnlyList<Delivery> ReadDeliveries(ReadOnlyMemory<byte> block) => block.IsEmpty ? [] : Unpack(block, DeliveryFormat.ReadList);

    /// <param name="block">Belongs to the messages from here on, which refer to it: it must not be written to any more.</param>
    /// <exception cref="InvalidDataException">It is damaged, or of a later version.</exception>
    public static InboxPush ReadPush(ReadOnlyMemory<byte> block) => block.IsEmpty ? new InboxPush([]) : Unpack(block, InboxPushFormat.Read);

    private static ReadOnlyMemory<byte> Pack<T>(T batch, int sizeHint, Write<T> write)
    {
        var buffer = new WireBuffer(64 + sizeHint);
        buffer.GetSpan(1)[0] = Version;
        buffer.Advance(1);
        var writer = new WireWriter(buffer);
        write(writer, batch);
        writer.End();
        return buffer.Written;
    }

    private static T Unpack<T>(ReadOnlyMemory<byte> block, Read<T> read)
    {
        if (block.Span[0] != Version)
            throw new InvalidDataException($"Another process has sent version {block.Span[0]}, which cannot be read, only version {Version}.");
        var bytes = MemoryMarshal.TryGetArray(block, out var array) ? array : new ArraySegment<byte>(block.ToArray());
        var reader = new WireReader(bytes.Array!, bytes.Offset + 1, bytes.Count - 1);
        var batch = read(ref reader);
        return reader.IsAtEnd ? batch : throw WireReader.Damaged();
    }
}
