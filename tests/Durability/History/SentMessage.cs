using Starling.Protocol;

namespace Starling.Durability.History;

/// <summary>A message as its publisher knows it.</summary>
internal sealed record SentMessage(MessageId Id, string Topic, QualityOfService QoS, int Length)
{
    /// <summary>How often PUBLISH was sent, at least in part.</summary>
    public int Attempts { get; set; }

    /// <summary>PUBACK or PUBREC said success.</summary>
    public bool Acknowledged { get; set; }

    /// <summary>PUBACK or PUBREC said that it was not taken: it may arrive, and need not.</summary>
    public bool Refused { get; set; }
}
