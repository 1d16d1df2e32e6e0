using System.Diagnostics;
using Starling.Protocol;

namespace Starling.Durability.History;

/// <summary>A message as its publisher knows it.</summary>
internal sealed record SentMessage(MessageId Id, string Topic, QualityOfService QoS, int Length)
{
    /// <summary>How often PUBLISH was sent, at least in part.</summary>
    public int Attempts { get; set; }

    /// <summary>PUBACK or PUBREC said success.</summary>
    public bool Acknowledged => Waited is not null;

    /// <summary>From the first PUBLISH to PUBACK or PUBREC; null until then.</summary>
    public TimeSpan? Waited { get; private set; }

    /// <summary>PUBACK or PUBREC said that it was not taken: it may arrive, and need not.</summary>
    public bool Refused { get; set; }

    private readonly long _since = Stopwatch.GetTimestamp();

    public void Acknowledge() => Waited ??= Stopwatch.GetElapsedTime(_since);
}
