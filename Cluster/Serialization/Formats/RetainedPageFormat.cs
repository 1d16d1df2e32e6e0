using Starling.Broker.Contracts;
using Starling.Broker.Messages;

namespace Starling.Cluster.Serialization.Formats;

internal static class RetainedPageFormat
{
    public static readonly IWireFormat Page = new WireFormat<RetainedPage>(Write, Read);

    private static void Write(WireWriter writer, RetainedPage page)
    {
        MessageFormat.Write(writer, 1, page.Messages);
        writer.Flag(2, page.More);
    }

    private static RetainedPage Read(ref WireReader reader)
    {
        var (messages, more) = (new List<Message>(), false);
        while (reader.Next(out var tag))
        {
            switch (tag)
            {
                case 1:
                    messages.Add(reader.Message());
                    break;
                case 2:
                    more = reader.Flag();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return new RetainedPage(messages, more);
    }
}
