using Starling.Broker.Messages;
using Starling.Cluster.Serialization.Fields;

namespace Starling.Cluster.Serialization.Formats;

/// <summary>Messages as <see cref="MessageFrame"/>s.</summary>
internal static class MessageFormat
{
    public static void Write(WireWriter writer, int tag, IReadOnlyList<Message> messages)
    {
        var frames = new MessageFrameWriter();
        for (var i = 0; i < messages.Count; i++)
            writer.Message(tag, messages[i], frames);
    }

    public static int SizeHint(IReadOnlyList<Message> messages)
    {
        var size = 0L;
        for (var i = 0; i < messages.Count; i++)
            size += SizeHint(messages[i]);
        return (int)Math.Min(size, Array.MaxLength / 2);
    }

    public static int SizeHint(Message message) => message.Size + 48 + (message.Publisher?.ClientId.Length ?? 0);

    public static List<Message> ReadList(ref WireReader reader)
    {
        var messages = new List<Message>();
        while (reader.Next(out var tag))
        {
            if (tag == 1)
                messages.Add(reader.Message());
            else
                reader.Skip();
        }

        return messages;
    }
}
