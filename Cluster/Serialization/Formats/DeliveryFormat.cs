using Starling.Broker.Messages;
using Starling.Cluster.Serialization.Fields;
using Starling.Protocol;

namespace Starling.Cluster.Serialization.Formats;

internal static class DeliveryFormat
{
    public static int SizeHint(IReadOnlyList<Delivery> deliveries)
    {
        var size = 0L;
        for (var i = 0; i < deliveries.Count; i++)
            size += MessageFormat.SizeHint(deliveries[i].Message) + 16;
        return (int)Math.Min(size, Array.MaxLength / 2);
    }

    public static void Write(WireWriter writer, int tag, IReadOnlyList<Delivery> deliveries)
    {
        for (var i = 0; i < deliveries.Count; i++)
        {
            writer.Begin(tag);
            Write(writer, deliveries[i]);
            writer.End();
        }
    }

    public static void Write(WireWriter writer, in Delivery delivery)
    {
        writer.Message(1, delivery.Message);
        writer.Number(2, (int)delivery.QoS | (delivery.Retain ? 4 : 0));
        foreach (var identifier in delivery.SubscriptionIdentifiers ?? [])
            writer.Element(3, identifier);
        writer.Text(4, delivery.Group?.ShareName);
        writer.Text(5, delivery.Group?.Filter);
        if (delivery.From is { } from)
        {
            writer.Element(6, from.Session);
            writer.Element(7, from.Number);
            writer.Element(8, from.Epoch);
        }
    }

    public static Delivery Read(ref WireReader reader)
    {
        Message? message = null;
        var flags = 0;
        List<uint>? identifiers = null;
        var (shareName, filter) = ((string?)null, (string?)null);
        var (fromSession, fromNumber, fromEpoch) = ((long?)null, (long?)null, 0L);
        while (reader.Next(out var tag))
        {
            switch (tag)
            {
                case 1:
                    message = reader.Message();
                    break;
                case 2:
                    flags = reader.Small();
                    break;
                case 3:
                    (identifiers ??= []).Add((uint)reader.Number());
                    break;
                case 4:
                    shareName = reader.Text();
                    break;
                case 5:
                    filter = reader.Text();
                    break;
                case 6:
                    fromSession = reader.Number();
                    break;
                case 7:
                    fromNumber = reader.Number();
                    break;
                case 8:
                    fromEpoch = reader.Number();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new Delivery(
            message ?? throw WireReader.Damaged(),
            (QualityOfService)(flags & 3),
            (flags & 4) != 0,
            identifiers?.ToArray(),
            shareName is not null && filter is not null ? new SharedGroupKey(shareName, filter) : null,
            fromSession is { } session && fromNumber is { } number ? new InboxPlace(session, number, fromEpoch) : null);
    }

    public static List<Delivery> ReadList(ref WireReader reader)
    {
        var deliveries = new List<Delivery>();
        while (reader.Next(out var tag))
        {
            if (tag == 1)
                ReadInto(deliveries, ref reader);
            else
                reader.Skip();
        }

        return deliveries;
    }

    private static void ReadInto(List<Delivery> deliveries, ref WireReader reader)
    {
        reader.Group();
        deliveries.Add(Read(ref reader));
    }
}
