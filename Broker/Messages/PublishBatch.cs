using Starling.Protocol;

namespace Starling.Broker.Messages;

/// <summary>Messages on their way to one shard, in order, and what became of each. Reused by its owner.</summary>
public sealed class PublishBatch
{
    private readonly List<Message> _messages = [];
    private ReasonCode[] _outcomes = [];
    private HashSet<int>? _notStored;

    public int Count => _messages.Count;

    public IReadOnlyList<Message> Messages => _messages;

    public Message this[int index] => _messages[index];

    public bool Any(Predicate<Message> predicate) => _messages.Exists(predicate);

    public Message[] ToArray() => _messages.ToArray();

    public void Add(Message message)
    {
        if (_messages.Count == _outcomes.Length)
            Array.Resize(ref _outcomes, Math.Max(4, _outcomes.Length * 2));
        _outcomes[_messages.Count] = ReasonCode.NoMatchingSubscribers;
        _messages.Add(message);
    }

    /// <summary>
    /// <see cref="ReasonCode.NoMatchingSubscribers"/> until somebody was found, then <see cref="ReasonCode.Success"/>; an error code
    /// when the message was refused.
    /// </summary>
    public ReasonCode Outcome(int index) => _outcomes[index];

    public void SetOutcome(int index, ReasonCode outcome) => _outcomes[index] = outcome;

    /// <summary>
    /// Whether a message is not as safe as its receivers ask for, since a store did not take it: it must not be acknowledged. Its outcome is
    /// <see cref="ReasonCode.QuotaExceeded"/>; a client that can't be told so has to be disconnected.
    /// </summary>
    public bool IsNotStored(int index) => _notStored?.Contains(index) == true;

    /// <summary>
    /// Whether a message that is not stored may still become so: a call is under way of which nothing is heard. Its outcome is
    /// <see cref="ReasonCode.ServerUnavailable"/>, which is for nobody to see: its client has to be disconnected, and repeats it by its next
    /// connection. Told that the message is refused, it would use the packet identifier for another one in this connection, and inboxes
    /// could take one for the other.
    /// </summary>
    public bool IsInDoubt(int index) => IsNotStored(index) && Outcome(index) == ReasonCode.ServerUnavailable;

    public void SetNotStored(int index, bool isInDoubt)
    {
        SetOutcome(index, isInDoubt || IsInDoubt(index) ? ReasonCode.ServerUnavailable : ReasonCode.QuotaExceeded);
        (_notStored ??= []).Add(index);
    }

    public void Clear()
    {
        _messages.Clear();
        _notStored = null;
    }
}
