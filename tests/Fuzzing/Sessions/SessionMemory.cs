namespace Starling.Fuzzing.Sessions;

/// <summary>What the clients of a scenario know of one session, through all its connections.</summary>
public sealed class SessionMemory
{
    /// <summary>Every filter that was subscribed to, with the highest QoS that was asked for. Messages on their way outlive an UNSUBSCRIBE.</summary>
    public Dictionary<string, int> Filters { get; } = [];

    public HashSet<uint> SubscriptionIdentifiers { get; } = [];

    /// <summary>Packet identifiers of the broker's messages that have not been acknowledged to the end.</summary>
    public Dictionary<int, InFlight> InFlight { get; } = [];

    /// <summary>
    /// Packet identifiers that were acknowledged when no message had been seen with them: whether one was on its way then, and is done with, is
    /// not known.
    /// </summary>
    public HashSet<int> AcknowledgedUnseen { get; } = [];

    /// <summary>The session as the connection before this one knew it; null when this one began it.</summary>
    public SessionMemory? Earlier { get; private set; }

    /// <summary>The answer to the CONNECT has been seen.</summary>
    public bool IsAnswered { get; private set; }

    /// <summary>Which of several connections the broker took first is not known, so nor is what the session holds.</summary>
    public bool IsBlurred { get; private set; }

    private IEnumerable<SessionMemory> All => Earlier is null ? [this] : Earlier.All.Prepend(this);

    /// <summary>CONNECT is on its way.</summary>
    /// <param name="before">All connections before with the same client identifier.</param>
    public void Begin(IReadOnlyList<SessionMemory> before)
    {
        Earlier = before.Count > 0 ? before[^1] : null;
        foreach (var unanswered in before.Where(memory => !memory.IsAnswered))
            (IsBlurred, unanswered.IsBlurred) = (true, true);
    }

    /// <summary>CONNACK has come.</summary>
    public void Answer(bool goesOn, bool isUntold = false)
    {
        IsAnswered = true;
        if (!goesOn)
            Earlier = null;
        IsBlurred |= isUntold || Earlier is { IsBlurred: true };
        // The connection before may still hear what is under way, and say things too: that is looked up there.
        foreach (var (identifier, state) in Earlier?.InFlight ?? [])
            InFlight.TryAdd(identifier, state);
    }

    /// <returns>The highest QoS that the topic was subscribed to at, or -1.</returns>
    public int Granted(string topic) => All.SelectMany(memory => memory.Filters)
        .Where(filter => FilterMatch.Matches(filter.Key, topic)).Select(filter => filter.Value).DefaultIfEmpty(-1).Max();

    public bool Knows(uint subscriptionIdentifier) => All.Any(memory => memory.SubscriptionIdentifiers.Contains(subscriptionIdentifier));
}

/// <param name="QoS">Of the message.</param>
/// <param name="Received">PUBREC has been sent.</param>
public readonly record struct InFlight(int QoS, bool Received = false);
