using Starling.Broker.Contracts;

namespace Starling.Broker.Sessions;

/// <summary>
/// The numbers of an inbox's entries and how far each of them has come. Each operation gives the numbers as they are after it.
/// </summary>
/// <remarks>
/// numbers:   [ acknowledged | pushed, some unacknowledged | written | being written ]   reserved in the store
///                           ^ Oldest                      ^ PushNext ^ Written      ^ Next                 ^ Reserved
///
/// The packet identifier follows from the number (<see cref="InboxEntry.PacketIdentifier"/>). So between the oldest unacknowledged number
/// and the newest that is pushed there are always fewer numbers than packet identifiers, and no two messages under way share one.
/// </remarks>
internal readonly record struct InboxNumbers
{
    /// <summary>Numbers that are reserved at a time, where other objects may resume the connection.</summary>
    public const int ReservedAtATime = 1024;

    /// <summary>The number that the next entry gets.</summary>
    public long Next { get; private init; }

    /// <summary>The store knows that numbers below this one may be used: the next owner begins there or above.</summary>
    public long Reserved { get; private init; }

    /// <summary>Of entries with lower numbers it is known whether the store has written them.</summary>
    public long Written { get; private init; }

    /// <summary>The number to push next.</summary>
    public long PushNext { get; private init; }

    /// <summary>Entries with lower numbers are acknowledged.</summary>
    public long Oldest { get; private init; }

    /// <summary>Entries with lower numbers were dropped or read while room was made.</summary>
    public long DroppedBelow { get; private init; }

    /// <summary>Entries with lower numbers may have reached the client: PUBLISH carries DUP.</summary>
    public long SentBelow { get; private init; }

    /// <summary>Entries with lower numbers were pushed before the same connection was started once more.</summary>
    private long PushedBelow { get; init; }

    /// <summary>How many more numbers may be pushed so that packet identifiers stay different.</summary>
    public long FreeIdentifiers => PushLimit - PushNext;

    /// <summary>Numbers from here on have to wait until <see cref="Oldest"/> goes up.</summary>
    public long PushLimit => Oldest + InboxEntry.PacketIdentifiers - 1;

    /// <summary>As a store has them: which entries a client has seen is not stored, so all may have been.</summary>
    public static InboxNumbers Restored(long next) => new() { Next = next, Reserved = next, Written = next, SentBelow = next };

    public InboxNumbers Add(int entries) => this with { Next = Next + entries };

    /// <summary>Entries from this number on were refused at once, as if they had never been added.</summary>
    public InboxNumbers Withdraw(long first) => this with { Next = first };

    /// <summary>What the store is to reserve with the entries that were just added; 0 for nothing new.</summary>
    public long ToReserve() => Next > Reserved ? Next + ReservedAtATime : 0;

    /// <summary>What is stored with a connection that may outlive this object: no number below it may be given once more.</summary>
    public long ToStore() => Math.Max(Reserved, Next + (ReservedAtATime / 2));

    /// <summary>The store has reserved the numbers below this one.</summary>
    public InboxNumbers Reserve(long below) => this with { Reserved = Math.Max(Reserved, below) };

    public InboxNumbers Write(long upTo) => this with { Written = upTo };

    /// <summary>Everything below this number has been pushed, or needs no push.</summary>
    public InboxNumbers Push(long upTo) => this with { PushNext = upTo };

    /// <summary>Nothing below this number is unacknowledged.</summary>
    public InboxNumbers Acknowledge(long below) => this with { Oldest = Math.Min(Math.Max(Oldest, below), PushNext) };

    /// <summary>Nothing is under way: the oldest unacknowledged number is this one.</summary>
    public InboxNumbers BeginAt(long oldest) => this with { Oldest = oldest };

    /// <summary>Entries below this number were dropped to make room.</summary>
    /// <param name="isConnected">Whether there is a connection, which they are not pushed to then.</param>
    public InboxNumbers Drop(long below, bool isConnected) =>
        this with { DroppedBelow = below, PushNext = isConnected ? Math.Max(PushNext, below) : PushNext };

    /// <summary>Where to look for entries to drop: behind those that were dropped, and behind what is on its way to a connection.</summary>
    public long DropFrom(bool isConnected) => Math.Max(DroppedBelow, isConnected ? PushNext : 0);

    /// <summary>The same connection starts once more: what was pushed before it was ready may not have reached it.</summary>
    /// <param name="oldest">The oldest unacknowledged number, or null.</param>
    public InboxNumbers Restart(long? oldest) => (this with { PushedBelow = Math.Max(PushedBelow, PushNext) }).Rewind(oldest);

    /// <summary>The connection is gone: what it did not acknowledge is pushed again to the next one.</summary>
    /// <param name="sentBelow">Entries with lower numbers may have reached the client.</param>
    /// <param name="oldest">The oldest unacknowledged number, or null.</param>
    public InboxNumbers Stop(long sentBelow, long? oldest)
    {
        var pushedBelow = Math.Max(PushedBelow, PushNext);
        return (this with { SentBelow = Math.Max(SentBelow, Math.Min(sentBelow, pushedBelow)), PushedBelow = 0 }).Rewind(oldest);
    }

    private InboxNumbers Rewind(long? oldest) => this with { PushNext = oldest ?? PushNext, Oldest = oldest ?? PushNext };
}
