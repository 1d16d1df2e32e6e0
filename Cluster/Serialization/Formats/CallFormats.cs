using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Cluster.Serialization.Calls;

namespace Starling.Cluster.Serialization.Formats;

/// <summary>The arguments of calls that come in numbers.</summary>
internal static class CallFormats
{
    public static readonly IWireFormat Acknowledge = new WireFormat<AcknowledgeCall>(Write, ReadAcknowledge);

    public static readonly IWireFormat RecordReceived = new WireFormat<RecordReceivedCall>(Write, ReadRecordReceived);

    public static readonly IWireFormat Replay = new WireFormat<ReplayCall>(
        static (writer, call) => Write(writer, call.Filter, call.Deliveries),
        static (ref WireReader reader) => ReadDeliveries(ref reader) is var (filter, deliveries) ? new ReplayCall(filter, deliveries) : throw WireReader.Damaged());

    public static readonly IWireFormat Redispatch = new WireFormat<RedispatchCall>(
        static (writer, call) => Write(writer, call.Except, call.Deliveries),
        static (ref WireReader reader) => ReadDeliveries(ref reader) is var (except, deliveries) ? new RedispatchCall(except, deliveries) : throw WireReader.Damaged());

    private static void Write(WireWriter writer, AcknowledgeCall call)
    {
        writer.Number(1, call.Epoch);
        foreach (var (number, received) in call.Acks)
            writer.Element(received ? 3 : 2, number);
    }

    private static AcknowledgeCall ReadAcknowledge(ref WireReader reader)
    {
        var (epoch, acks) = (0L, new List<InboxAck>());
        while (reader.Next(out var tag))
        {
            switch (tag)
            {
                case 1:
                    epoch = reader.Number();
                    break;
                case 2 or 3:
                    acks.Add(new InboxAck(reader.Number(), Received: tag == 3));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new AcknowledgeCall(epoch, acks);
    }

    private static void Write(WireWriter writer, RecordReceivedCall call)
    {
        writer.Number(1, call.Epoch);
        foreach (var identifier in call.Received)
            writer.Element(2, identifier);
        foreach (var identifier in call.Released)
            writer.Element(3, identifier);
    }

    private static RecordReceivedCall ReadRecordReceived(ref WireReader reader)
    {
        var (epoch, received, released) = (0L, new List<ushort>(), new List<ushort>());
        while (reader.Next(out var tag))
        {
            switch (tag)
            {
                case 1:
                    epoch = reader.Number();
                    break;
                case 2:
                    received.Add((ushort)reader.Small(ushort.MaxValue));
                    break;
                case 3:
                    released.Add((ushort)reader.Small(ushort.MaxValue));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new RecordReceivedCall(epoch, received, released);
    }

    private static void Write(WireWriter writer, string name, IReadOnlyList<Delivery> deliveries)
    {
        writer.Text(1, name);
        DeliveryFormat.Write(writer, 2, deliveries);
    }

    private static (string Name, List<Delivery> Deliveries) ReadDeliveries(ref WireReader reader)
    {
        var (name, deliveries) = ((string?)null, new List<Delivery>());
        while (reader.Next(out var tag))
        {
            switch (tag)
            {
                case 1:
                    name = reader.Text();
                    break;
                case 2:
                    DeliveryFormat.ReadInto(deliveries, ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return (name ?? throw WireReader.Damaged(), deliveries);
    }
}
