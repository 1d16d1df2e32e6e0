using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Cluster.Contracts;
using Starling.Protocol;

namespace Starling.Cluster.Serialization.Formats;

internal static class ShardTransferFormat
{
    public static readonly IWireFormat Transfer = new WireFormat<ShardTransfer>(Write, Read);

    public static readonly IWireFormat Reply = new WireFormat<ShardReply>(Write, ReadReply);

    private static void Write(WireWriter writer, ShardTransfer transfer)
    {
        writer.Text(1, transfer.Sender);
        writer.Flag(2, transfer.IsEdge);
        writer.Number(3, transfer.KnownEpoch);
        writer.Number(4, transfer.Number);
        if (transfer.Routes is { } routes)
        {
            writer.Begin(5);
            EdgeRoutesFormat.Write(writer, routes);
            writer.End();
        }

        MessageFormat.Write(writer, 6, transfer.Messages);
        writer.Number(7, (int)transfer.Lane);
    }

    private static ShardTransfer Read(ref WireReader reader)
    {
        var (sender, isEdge, knownEpoch, number) = ((string?)null, false, 0L, 0L);
        EdgeRoutes? routes = null;
        var lane = ShardLane.Stored;
        var messages = new List<Message>();
        while (reader.Next(out var tag))
        {
            switch (tag)
            {
                case 1:
                    sender = reader.Text();
                    break;
                case 2:
                    isEdge = reader.Flag();
                    break;
                case 3:
                    knownEpoch = reader.Number();
                    break;
                case 4:
                    number = reader.Number();
                    break;
                case 5:
                    reader.Group();
                    routes = EdgeRoutesFormat.Read(ref reader);
                    break;
                case 6:
                    messages.Add(reader.Message());
                    break;
                case 7:
                    lane = (ShardLane)reader.Small((int)ShardLane.Direct);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new ShardTransfer(sender ?? throw WireReader.Damaged(), isEdge, knownEpoch, number, routes, messages, lane);
    }

    private static void Write(WireWriter writer, ShardReply reply)
    {
        writer.Number(1, reply.Epoch);
        writer.Number(2, (int)reply.Kind);
        Span<byte> outcomes = reply.Outcomes.Count <= 1024 ? stackalloc byte[reply.Outcomes.Count] : new byte[reply.Outcomes.Count];
        for (var i = 0; i < outcomes.Length; i++)
            outcomes[i] = (byte)reply.Outcomes[i];
        writer.Bytes(3, outcomes);
        foreach (var place in reply.NotStored)
            writer.Element(4, place);
    }

    private static ShardReply ReadReply(ref WireReader reader)
    {
        var (epoch, kind, outcomes) = (0L, ShardReplyKind.Done, Array.Empty<ReasonCode>());
        var notStored = new List<int>();
        while (reader.Next(out var tag))
        {
            switch (tag)
            {
                case 1:
                    epoch = reader.Number();
                    break;
                case 2:
                    kind = (ShardReplyKind)reader.Small((int)ShardReplyKind.OutOfDate);
                    break;
                case 3:
                    var bytes = reader.Bytes();
                    outcomes = new ReasonCode[bytes.Length];
                    for (var i = 0; i < bytes.Length; i++)
                        outcomes[i] = (ReasonCode)bytes[i];
                    break;
                case 4:
                    notStored.Add(reader.Small());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new ShardReply(epoch, kind, outcomes, notStored);
    }
}
