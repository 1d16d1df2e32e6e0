using Starling.Broker.Messages;
using Starling.Cluster.Contracts;

namespace Starling.Cluster.Serialization.Formats;

internal static class EdgeTransferFormat
{
    public static readonly IWireFormat Transfer = new WireFormat<EdgeTransfer>(Write, Read);

    public static readonly IWireFormat Reply = new WireFormat<EdgeReply>(Write, ReadReply);

    private static void Write(WireWriter writer, EdgeTransfer transfer)
    {
        writer.Text(1, transfer.Tenant);
        writer.Number(2, transfer.Shard);
        writer.Number(3, transfer.Epoch);
        writer.Number(4, transfer.Number);
        MessageFormat.Write(writer, 5, transfer.Messages);
        foreach (var member in transfer.Members)
        {
            writer.Begin(6);
            writer.Text(1, member.ClientId);
            writer.Number(2, member.Epoch);
            DeliveryFormat.Write(writer, 3, member.Deliveries);
            writer.End();
        }
    }

    private static EdgeTransfer Read(ref WireReader reader)
    {
        var (tenant, shard, epoch, number) = ((string?)null, 0, 0L, 0L);
        var messages = new List<Message>();
        var members = new List<MemberDeliveries>();
        while (reader.Next(out var tag))
        {
            switch (tag)
            {
                case 1:
                    tenant = reader.Text();
                    break;
                case 2:
                    shard = reader.Small();
                    break;
                case 3:
                    epoch = reader.Number();
                    break;
                case 4:
                    number = reader.Number();
                    break;
                case 5:
                    messages.Add(reader.Message());
                    break;
                case 6:
                    reader.Group();
                    members.Add(ReadMember(ref reader));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new EdgeTransfer(tenant ?? throw WireReader.Damaged(), shard, epoch, number, messages, members);
    }

    private static MemberDeliveries ReadMember(ref WireReader reader)
    {
        var (clientId, epoch, deliveries) = ((string?)null, 0L, new List<Delivery>());
        while (reader.Next(out var tag))
        {
            switch (tag)
            {
                case 1:
                    clientId = reader.Text();
                    break;
                case 2:
                    epoch = reader.Number();
                    break;
                case 3:
                    DeliveryFormat.ReadInto(deliveries, ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new MemberDeliveries(clientId ?? throw WireReader.Damaged(), epoch, deliveries);
    }

    private static void Write(WireWriter writer, EdgeReply reply)
    {
        writer.Flag(1, reply.IsOutOfDate);
        foreach (var place in reply.NotReached)
            writer.Element(2, place);
    }

    private static EdgeReply ReadReply(ref WireReader reader)
    {
        var (isOutOfDate, notReached) = (false, new List<int>());
        while (reader.Next(out var tag))
        {
            switch (tag)
            {
                case 1:
                    isOutOfDate = reader.Flag();
                    break;
                case 2:
                    notReached.Add(reader.Small());
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new EdgeReply(isOutOfDate, notReached);
    }
}
