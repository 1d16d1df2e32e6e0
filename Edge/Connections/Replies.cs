using System.Buffers;
using Starling.Edge.Nodes;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>The acknowledgements that answer one read: they go to the client together. Used by the connection's reader alone.</summary>
internal sealed class Replies(EdgeConnection connection)
{
    // Made when there is something for it: most connections are idle most of the time.
    private ArrayBufferWriter<byte>? _bytes;

    public void Add(in AckPacket ack) => ack.Encode(_bytes ??= new ArrayBufferWriter<byte>(), connection.Version);

    /// <returns>Whether the outbox has to be flushed.</returns>
    public bool Send()
    {
        if (_bytes is not { WrittenCount: > 0 })
            return false;
        var flushNeeded = connection.Outbox.SendControl(_bytes.WrittenSpan);
        _bytes.ResetWrittenCount();
        return flushNeeded;
    }
}
