using Starling.Broker.Contracts;
using Starling.Cluster.Contracts;
using Starling.Cluster.Serialization.Fields;

namespace Starling.Cluster.Serialization.Formats;

internal static class InboxPushFormat
{
    public static int SizeHint(InboxPush push)
    {
        var size = 0L;
        foreach (var connection in push.Entries)
        {
            size += 32 + connection.Tenant.Length + connection.ClientId.Length;
            foreach (var entry in connection.Entries)
                size += MessageFormat.SizeHint(entry.Delivery.Message) + 32;
        }

        return (int)Math.Min(size, Array.MaxLength / 2);
    }

    public static void Write(WireWriter writer, InboxPush push)
    {
        foreach (var entries in push.Entries)
        {
            writer.Begin(1);
            writer.Text(1, entries.Tenant);
            writer.Text(2, entries.ClientId);
            writer.Number(3, entries.Epoch);
            InboxEntryFormat.Write(writer, 4, entries.Entries);
            writer.Number(5, entries.Owner);
            writer.End();
        }
    }

    public static InboxPush Read(ref WireReader reader)
    {
        var connections = new List<ConnectionEntries>();
        while (reader.Next(out var tag))
        {
            if (tag == 1)
            {
                reader.Group();
                connections.Add(ReadConnection(ref reader));
            }
            else
            {
                reader.Skip();
            }
        }

        return new InboxPush(connections);
    }

    private static ConnectionEntries ReadConnection(ref WireReader reader)
    {
        var (tenant, clientId, epoch, owner, entries) = ((string?)null, (string?)null, 0L, 0L, new List<InboxEntry>());
        while (reader.Next(out var tag))
        {
            switch (tag)
            {
                case 1:
                    tenant = reader.Text();
                    break;
                case 2:
                    clientId = reader.Text();
                    break;
                case 3:
                    epoch = reader.Number();
                    break;
                case 4:
                    InboxEntryFormat.ReadInto(entries, ref reader);
                    break;
                case 5:
                    owner = reader.Number();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return tenant is null || clientId is null ? throw WireReader.Damaged() : new ConnectionEntries(tenant, clientId, epoch, entries, owner);
    }
}
