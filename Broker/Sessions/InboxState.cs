using Starling.Broker.Contracts;

namespace Starling.Broker.Sessions;

/// <summary>What the parts of an inbox share. Everything here, and in <see cref="InboxWindow"/>, is used under <see cref="Gate"/>.</summary>
internal sealed class InboxState(SessionKey session, SessionContext context)
{
    public SessionKey Session => session;

    public SessionContext Context => context;

    public Lock Gate { get; } = new();

    public InboxNumbers Numbers { get; set; }

    /// <summary>What writes name.</summary>
    public SessionFencingToken Token { get; set; } = new(session, Id: 0, Epoch: 0);

    /// <summary>Nothing is taken in and nothing more is written.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Entries in the inbox, those on their way to the client included.</summary>
    public int Count { get; private set; }

    public long Bytes { get; private set; }

    public void Account(int messages, long bytes)
    {
        Count += messages;
        Bytes += bytes;
        context.Counters.InboxMessages.Add(messages);
        context.Counters.InboxBytes.Add(bytes);
    }

    /// <summary>The entry is not in the inbox any more.</summary>
    public void Uncount(InboxEntry entry) => Account(-1, -entry.Delivery.Message.Size);
}
