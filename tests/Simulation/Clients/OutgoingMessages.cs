using Starling.Simulation.History;

namespace Starling.Simulation.Clients;

/// <summary>What a client has published at QoS 1 and 2 and not finished, as MQTT asks of it: identifiers are kept, and the order.</summary>
internal sealed class OutgoingMessages
{
    private readonly List<Unfinished> _unfinished = [];
    private ushort _last;

    public int Count => _unfinished.Count;

    public IReadOnlyList<Unfinished> All => _unfinished;

    public Unfinished Add(SentMessage message)
    {
        var unfinished = new Unfinished(message, NextIdentifier());
        _unfinished.Add(unfinished);
        return unfinished;
    }

    public Unfinished? Find(ushort identifier) => _unfinished.Find(u => u.PacketIdentifier == identifier);

    public void Remove(Unfinished unfinished) => _unfinished.Remove(unfinished);

    /// <summary>The session is gone: what is not finished begins anew.</summary>
    public IReadOnlyList<SentMessage> TakeAll()
    {
        var messages = _unfinished.Where(u => !u.IsReceived).Select(u => u.Message).ToArray();
        _unfinished.Clear();
        return messages;
    }

    public ushort NextIdentifier()
    {
        do
            _last = _last >= 200 ? (ushort)1 : (ushort)(_last + 1);
        while (Find(_last) is not null);
        return _last;
    }
}

internal sealed class Unfinished(SentMessage message, ushort packetIdentifier)
{
    public SentMessage Message => message;

    public ushort PacketIdentifier => packetIdentifier;

    /// <summary>Whether PUBREC has come: PUBREL is what is left to do.</summary>
    public bool IsReceived { get; set; }
}
