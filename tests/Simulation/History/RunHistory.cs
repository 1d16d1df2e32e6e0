using System.Buffers.Binary;
using Starling.Protocol;
using Starling.Simulation.Time;

namespace Starling.Simulation.History;

/// <summary>What clients did and saw, and what was found wrong while they did.</summary>
internal sealed class RunHistory(Scheduler scheduler, Trace trace)
{
    private readonly List<SentMessage> _messages = [];

    public IReadOnlyList<SentMessage> Messages => _messages;

    public List<SessionSpan> Sessions { get; } = [];

    public List<WillSpan> Wills { get; } = [];

    public List<string> Violations { get; } = [];

    public TimeSpan Now => scheduler.Now;

    public SentMessage New(
        string tenant, string publisher, string topic, QualityOfService qos, bool retain, int size = 8, bool isWill = false)
    {
        var message = new SentMessage(_messages.Count + 1, tenant, publisher, topic, qos, retain, size) { IsWill = isWill, SentAt = scheduler.Now };
        _messages.Add(message);
        return message;
    }

    /// <summary>The message whose payload this is; null, and a violation, when nobody has published it.</summary>
    public SentMessage? Find(ReadOnlySpan<byte> payload, string topic)
    {
        var number = payload.Length >= sizeof(long) ? BinaryPrimitives.ReadInt64BigEndian(payload) : 0;
        if (number > 0 && number <= _messages.Count && _messages[(int)number - 1] is var message && message.Topic == topic)
            return message;
        Violate($"a message nobody has published to '{topic}'");
        return null;
    }

    public void Violate(string what)
    {
        trace.Add("VIOLATION", what);
        Violations.Add($"{scheduler.Now.TotalSeconds:F3} s: {what}");
    }
}

/// <summary>The will of one connection.</summary>
internal sealed class WillSpan(SentMessage message, TimeSpan delay, SessionSpan? session)
{
    public SentMessage Message => message;

    public TimeSpan Delay => delay;

    public SessionSpan? Session { get; set; } = session;

    /// <summary>The name of the edge that had the connection.</summary>
    public required string Edge { get; init; }

    /// <summary>When the connection was accepted; before that there is none.</summary>
    public TimeSpan? HeldFrom { get; set; }

    /// <summary>When the connection ended, without a DISCONNECT.</summary>
    public TimeSpan? LostAt { get; set; }

    /// <summary>When the client sent DISCONNECT.</summary>
    public TimeSpan? GoodbyeAt { get; set; }

    /// <summary>When the client was accepted again.</summary>
    public TimeSpan? BackAt { get; set; }
}
