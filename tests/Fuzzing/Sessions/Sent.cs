using System.Text;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Fuzzing.Sessions;

/// <summary>Messages that the clients of a scenario have sent, wills among them.</summary>
public sealed class SentMessages
{
    private readonly Dictionary<(string Topic, string Payload), int> _highest = [];

    /// <summary>Topics that may have a retained message now.</summary>
    public HashSet<string> Retained { get; } = [];

    public void Add(string topic, ReadOnlySpan<byte> payload, QualityOfService qos, bool retain)
    {
        var key = (topic, Encoding.Latin1.GetString(payload));
        _highest[key] = Math.Max(_highest.GetValueOrDefault(key), (int)qos);
        if (retain)
            Retained.Add(topic);
    }

    /// <summary>The highest QoS it was sent at, or null.</summary>
    public int? QoSOf(PublishMessage message) =>
        _highest.TryGetValue((message.Topic, Encoding.Latin1.GetString(message.Payload.Span)), out var qos) ? qos : null;
}

/// <summary>Sums of what a client has asked for and not been answered yet, by packet identifier.</summary>
public sealed class Awaited
{
    private readonly Dictionary<(PacketType Answer, int PacketIdentifier), Queue<object>> _questions = [];

    public void Ask(PacketType answer, int packetIdentifier, object question)
    {
        if (!_questions.TryGetValue((answer, packetIdentifier), out var queue))
            _questions[(answer, packetIdentifier)] = queue = [];
        queue.Enqueue(question);
    }

    /// <returns>What was asked, or null when nothing was.</returns>
    public object? Answer(PacketType answer, int packetIdentifier) =>
        _questions.TryGetValue((answer, packetIdentifier), out var queue) && queue.TryDequeue(out var question) ? question : null;
}
