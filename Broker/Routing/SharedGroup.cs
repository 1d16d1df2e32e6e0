using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Tenants;
using Starling.Protocol;

namespace Starling.Broker.Routing;

/// <summary>The members of a shared subscription and whose turn it is. Thread-safe.</summary>
internal sealed class SharedGroup(SharedGroupKey key)
{
    private readonly Lock _gate = new();
    private readonly List<Member> _members = [];
    private int _turn;

    public SharedGroupKey Key => key;

    /// <summary>Adds or replaces a member, but not by what an earlier connection of its client has said and is heard only now.</summary>
    /// <returns>How many members there are now.</returns>
    public int Join(SharedMember member)
    {
        lock (_gate)
        {
            var index = _members.FindIndex(m => m.Value.ClientId == member.ClientId);
            if (index >= 0 && _members[index].Value.Epoch > member.Epoch)
                return _members.Count;
            if (index >= 0)
                _members[index] = new Member(member);
            else
                _members.Add(new Member(member));
            return _members.Count;
        }
    }

    /// <param name="epoch">Of the connection that leaves; one that has joined later stays.</param>
    /// <returns>How many members are left.</returns>
    public int Leave(string clientId, long epoch)
    {
        lock (_gate)
        {
            _members.RemoveAll(m => m.Value.ClientId == clientId && m.Value.Epoch <= epoch);
            return _members.Count;
        }
    }

    /// <summary>The members that end with their connection to this edge.</summary>
    public SharedMember[] OfEdge(string edgeId)
    {
        lock (_gate)
            return [.. _members.Select(m => m.Value).Where(m => m.EdgeId == edgeId && !m.Durable)];
    }

    /// <summary>The edge is gone: durable members that it held a connection of are away.</summary>
    public void Lose(string edgeId)
    {
        lock (_gate)
        {
            for (var i = 0; i < _members.Count; i++)
            {
                if (_members[i].Value.EdgeId == edgeId)
                    _members[i] = new Member(_members[i].Value with { EdgeId = null });
            }
        }
    }

    public void Complete(string clientId, int count)
    {
        lock (_gate)
        {
            if (_members.Find(m => m.Value.ClientId == clientId) is { } member)
                member.InFlight = Math.Max(0, member.InFlight - count);
        }
    }

    /// <summary>
    /// The member that gets a message ([MQTT-4.8.2-4]): one with a connection if there is any, else a durable one that is away, which
    /// keeps messages of QoS 1 and 2 for later.
    /// </summary>
    /// <param name="strategy">How to choose among members with a connection.</param>
    /// <param name="origin">The edge that brought the message, or null.</param>
    /// <param name="except">Clients that must not be chosen: they had the message and went.</param>
    public SharedMember? Pick(
        Message message, SharedSubscriptionStrategy strategy, string? origin, IReadOnlyCollection<string> except)
    {
        lock (_gate)
        {
            var chosen = strategy switch
            {
                SharedSubscriptionStrategy.Sticky => PickSticky(message, except),
                SharedSubscriptionStrategy.LeastInFlight => PickLeastInFlight(except),
                SharedSubscriptionStrategy.LocalFirst => PickNext(m => m.EdgeId is not null && m.EdgeId == origin, except),
                _ => null,
            };
            chosen ??= PickNext(static m => m.EdgeId is not null, except);
            // A durable member that has gone keeps what it had, rather than that another one does that is away too.
            if (chosen is null && message.QoS > QualityOfService.AtMostOnce && !_members.Exists(m => m.Value.Durable && except.Contains(m.Value.ClientId)))
                chosen = PickNext(static m => m is { Durable: true, Options.MaximumQoS: > QualityOfService.AtMostOnce }, except);
            if (chosen is null)
                return null;
            if (message.QoS > QualityOfService.AtMostOnce && chosen.Value.Options.MaximumQoS > QualityOfService.AtMostOnce)
                chosen.InFlight++;
            return chosen.Value;
        }
    }

    private Member? PickNext(Func<SharedMember, bool> eligible, IReadOnlyCollection<string> except)
    {
        for (var i = 0; i < _members.Count; i++)
        {
            var member = _members[_turn++ % _members.Count];
            if (_turn >= _members.Count)
                _turn = 0;
            if (!except.Contains(member.Value.ClientId) && eligible(member.Value))
                return member;
        }

        return null;
    }

    /// <summary>
    /// Highest random weight: a publisher stays with its member for as long as that one is there, whoever else comes or goes, and whichever
    /// process has the shard.
    /// </summary>
    private Member? PickSticky(Message message, IReadOnlyCollection<string> except)
    {
        Span<byte> both = stackalloc byte[2 * sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(both, Hash(message.Publisher?.ClientId ?? ""));
        Member? chosen = null;
        uint highest = 0;
        foreach (var member in _members)
        {
            if (member.Value.EdgeId is null || except.Contains(member.Value.ClientId))
                continue;
            BinaryPrimitives.WriteUInt32LittleEndian(both[sizeof(uint)..], member.Hash);
            var weight = TopicHash.Compute(both);
            if (chosen is null || weight > highest)
                (chosen, highest) = (member, weight);
        }

        return chosen;
    }

    private static uint Hash(string clientId) => TopicHash.Compute(MemoryMarshal.AsBytes(clientId.AsSpan()));

    private Member? PickLeastInFlight(IReadOnlyCollection<string> except)
    {
        // Start where the round-robin stands, so that equals share evenly.
        var start = _members.Count == 0 ? 0 : _turn++ % _members.Count;
        return _members.Skip(start).Concat(_members.Take(start))
            .Where(m => m.Value.EdgeId is not null && !except.Contains(m.Value.ClientId))
            .MinBy(m => m.InFlight);
    }

    private sealed class Member(SharedMember value)
    {
        public SharedMember Value => value;

        public uint Hash { get; } = SharedGroup.Hash(value.ClientId);

        public int InFlight { get; set; }
    }
}
