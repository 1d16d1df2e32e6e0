using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Protocol;

namespace Starling.Cluster.Serialization.Formats;

internal static class EdgeRoutesFormat
{
    public static readonly IWireFormat Routes = new WireFormat<EdgeRoutes>(Write, Read);

    public static void Write(WireWriter writer, EdgeRoutes routes)
    {
        writer.Number(1, routes.Version);
        writer.Flag(2, routes.IsComplete);
        foreach (var filter in routes.Added)
            writer.Text(3, filter);
        foreach (var filter in routes.Removed)
            writer.Text(4, filter);
        Write(writer, 5, routes.Joined);
        Write(writer, 6, routes.Left);
    }

    public static EdgeRoutes Read(ref WireReader reader)
    {
        var (version, isComplete) = (0L, false);
        var (added, removed) = (new List<string>(), new List<string>());
        var (joined, left) = (new List<GroupMember>(), new List<GroupMember>());
        while (reader.Next(out var tag))
        {
            switch (tag)
            {
                case 1:
                    version = reader.Number();
                    break;
                case 2:
                    isComplete = reader.Flag();
                    break;
                case 3:
                    added.Add(reader.Text());
                    break;
                case 4:
                    removed.Add(reader.Text());
                    break;
                case 5:
                    reader.Group();
                    joined.Add(ReadMember(ref reader));
                    break;
                case 6:
                    reader.Group();
                    left.Add(ReadMember(ref reader));
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new EdgeRoutes(version, isComplete, added, removed, joined, left);
    }

    private static void Write(WireWriter writer, int tag, IReadOnlyList<GroupMember> members)
    {
        foreach (var (group, member) in members)
        {
            writer.Begin(tag);
            writer.Text(1, group.ShareName);
            writer.Text(2, group.Filter);
            writer.Text(3, member.ClientId);
            writer.Number(4, member.Options.ToByte());
            if (member.SubscriptionIdentifier is { } identifier)
                writer.Element(5, identifier);
            writer.Text(6, member.EdgeId);
            writer.Flag(7, member.Durable);
            writer.Number(8, member.Epoch);
            writer.End();
        }
    }

    private static GroupMember ReadMember(ref WireReader reader)
    {
        var (shareName, filter, clientId, edgeId) = ((string?)null, (string?)null, (string?)null, (string?)null);
        var (options, identifier, durable, epoch) = ((byte)0, (uint?)null, false, 0L);
        while (reader.Next(out var tag))
        {
            switch (tag)
            {
                case 1:
                    shareName = reader.Text();
                    break;
                case 2:
                    filter = reader.Text();
                    break;
                case 3:
                    clientId = reader.Text();
                    break;
                case 4:
                    options = (byte)reader.Small(byte.MaxValue);
                    break;
                case 5:
                    identifier = (uint)reader.Number();
                    break;
                case 6:
                    edgeId = reader.Text();
                    break;
                case 7:
                    durable = reader.Flag();
                    break;
                case 8:
                    epoch = reader.Number();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (shareName is null || filter is null || clientId is null)
            throw WireReader.Damaged();
        return new GroupMember(
            new SharedGroupKey(shareName, filter),
            new SharedMember(clientId, SubscriptionOptions.FromByte(options), identifier, edgeId, durable, epoch));
    }
}
