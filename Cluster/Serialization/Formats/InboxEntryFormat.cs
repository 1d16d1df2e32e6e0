using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Cluster.Serialization.Fields;

namespace Starling.Cluster.Serialization.Formats;

internal static class InboxEntryFormat
{
    public static void Write(WireWriter writer, int tag, IReadOnlyList<InboxEntry> entries)
    {
        for (var i = 0; i < entries.Count; i++)
        {
            writer.Begin(tag);
            Write(writer, entries[i]);
            writer.End();
        }
    }

    private static void Write(WireWriter writer, InboxEntry entry)
    {
        writer.Number(1, entry.Number);
        writer.Begin(2);
        DeliveryFormat.Write(writer, entry.Delivery);
        writer.End();
        writer.Flag(3, entry.Released);
        writer.Flag(4, entry.Sent);
    }

    private static InboxEntry Read(ref WireReader reader)
    {
        var (number, delivery, released, sent) = (0L, (Delivery?)null, false, false);
        while (reader.Next(out var tag))
        {
            switch (tag)
            {
                case 1:
                    number = reader.Number();
                    break;
                case 2:
                    reader.Group();
                    delivery = DeliveryFormat.Read(ref reader);
                    break;
                case 3:
                    released = reader.Flag();
                    break;
                case 4:
                    sent = reader.Flag();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new InboxEntry(number, delivery ?? throw WireReader.Damaged(), released, sent);
    }

    public static void ReadInto(List<InboxEntry> entries, ref WireReader reader)
    {
        reader.Group();
        entries.Add(Read(ref reader));
    }
}
