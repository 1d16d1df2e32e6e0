using System.Buffers.Binary;
using Starling.Protocol;

namespace Starling.Simulation.History;

/// <summary>A message that a client has published, or left as its will.</summary>
internal sealed class SentMessage(long number, string tenant, string publisher, string topic, QualityOfService qos, bool retain, int size)
{
    /// <summary>Unique in the run, and in the payload. A publisher's numbers go up.</summary>
    public long Number => number;

    public string Tenant => tenant;

    public string Publisher => publisher;

    public string Topic => topic;

    public QualityOfService QoS => qos;

    public bool Retain => retain;

    /// <summary>Which of the publisher's connections it was first sent by.</summary>
    public int Connection { get; set; }

    /// <summary>When the client first handed it to its connection; for a will, when the connection ended.</summary>
    public TimeSpan SentAt { get; set; }

    /// <summary>PUBACK or PUBREC with success.</summary>
    public TimeSpan? AckedAt { get; set; }

    /// <summary>Answered with an error: it need not arrive.</summary>
    public bool IsRefused { get; set; }

    /// <summary>Its publisher lost its session before the answer and published it again as a new message.</summary>
    public bool MayRepeat { get; set; }

    /// <summary>It was sent again, since there had been no answer.</summary>
    public bool IsRepeated { get; set; }

    public bool IsWill { get; init; }

    public byte[] Payload()
    {
        var payload = new byte[Math.Max(size, sizeof(long))];
        BinaryPrimitives.WriteInt64BigEndian(payload, number);
        return payload;
    }

    public override string ToString() => $"{tenant}/{publisher} #{number} '{topic}' QoS {(int)qos}{(retain ? " retained" : "")}{(IsWill ? " will" : "")}";
}
