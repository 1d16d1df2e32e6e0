using Npgsql;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Sessions;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Inboxes;

/// <summary>New rows of <c>inbox</c>: session, number, message, body, size, flags, extra.</summary>
internal sealed class InboxColumns(int capacity)
{
    private readonly List<long> _sessions = new(capacity);
    private readonly List<long> _numbers = new(capacity);
    private readonly List<long?> _messages = new(capacity);
    private readonly List<byte[]?> _bodies = new(capacity);
    private readonly List<int> _sizes = new(capacity);
    private readonly List<short> _flags = new(capacity);
    private readonly List<byte[]?> _extras = new(capacity);

    public int Count => _sessions.Count;

    /// <param name="message">Its row in <c>messages</c>; null when the body is to be in the entry's own.</param>
    public void Add(long session, InboxEntry entry, long? message)
    {
        _sessions.Add(session);
        _numbers.Add(entry.Number);
        _messages.Add(message);
        _bodies.Add(message is null ? MessageFrame.Encode(entry.Delivery.Message) : null);
        _sizes.Add(entry.Delivery.Message.Size);
        _flags.Add(DeliveryFrame.Flags(entry.Delivery));
        _extras.Add(DeliveryFrame.Extra(entry.Delivery));
    }

    public NpgsqlBatchCommand AddTo(NpgsqlBatchCommand command) =>
        command.With(_sessions).With(_numbers).With(_messages).With(_bodies).With(_sizes).With(_flags).With(_extras);
}
