using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Sessions;

namespace Starling.Simulation.Store;

/// <summary>A session as the database has it, with its subscriptions, its QoS 2 identifiers and its inbox.</summary>
internal sealed class SessionRow(long id)
{
    public long Id => id;

    /// <summary>The write it is from: one that comes again finds itself.</summary>
    public long SavedBy { get; set; }

    public required SessionState State { get; set; }

    public byte[]? Will { get; set; }

    public Dictionary<string, Subscription> Subscriptions { get; } = new(StringComparer.Ordinal);

    public SortedSet<ushort> Received { get; } = [];

    public SortedDictionary<long, EntryRow> Inbox { get; } = [];
}

/// <summary>An entry of an inbox, in the bytes that the columns of the database hold.</summary>
internal sealed class EntryRow
{
    private readonly byte[] _message;
    private readonly short _flags;
    private readonly byte[]? _extra;

    public EntryRow(in Delivery delivery)
    {
        _message = MessageFrame.Encode(delivery.Message);
        _flags = DeliveryFrame.Flags(delivery);
        _extra = DeliveryFrame.Extra(delivery);
        Size = delivery.Message.Size;
    }

    public int Size { get; }

    public bool Released { get; set; }

    public InboxEntry Read(long number) =>
        new(number, DeliveryFrame.Read(new MessageFrameReader().Read(_message), _flags, _extra), Released);
}
