using System.Text;
using Starling.Protocol;

namespace Starling.Broker.Messages;

/// <summary>
/// A validated topic name and what has been worked out about it. Whoever publishes keeps the object and hands it on with every
/// message, so that a topic is decoded, hashed, authorized and matched once and not once per message.
/// </summary>
public sealed class Topic
{
    private readonly byte[] _utf8;
    private string? _text;

    /// <param name="utf8">A valid topic name ([MQTT-4.7.3-1], no wildcards); the array is owned from here on.</param>
    public Topic(byte[] utf8)
    {
        _utf8 = utf8;
        Hash = TopicHash.Compute(utf8);
    }

    public Topic(string text) : this(Encoding.UTF8.GetBytes(text)) => _text = text;

    public ReadOnlySpan<byte> Utf8 => _utf8;

    public string Text => _text ??= Encoding.UTF8.GetString(_utf8);

    /// <summary>The same in every process: it chooses the shard.</summary>
    public uint Hash { get; }

    /// <summary>What the shard of this topic last matched it to; belongs to the shard.</summary>
    internal object? ShardMatch { get; set; }

    /// <summary>What the edge last matched this topic to; belongs to the edge.</summary>
    public object? EdgeMatch { get; set; }

    /// <summary>Topics that begin with <c>$</c> are the broker's own; wildcards at the first level pass them by ([MQTT-4.7.2-1]).</summary>
    public bool IsReserved => _utf8[0] == (byte)'$';

    public override string ToString() => Text;
}
