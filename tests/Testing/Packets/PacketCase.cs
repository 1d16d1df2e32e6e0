using Starling.Protocol;

namespace Starling.Testing;

/// <summary>What a receiver makes of a packet.</summary>
/// <param name="RefusedWith">Null when the packet is valid.</param>
/// <param name="IsCanonical">Encoding what was decoded gives the same bytes.</param>
public readonly record struct Expectation(ReasonCode? RefusedWith, bool IsCanonical = false)
{
    public bool IsValid => RefusedWith is null;
}

/// <summary>One raw packet of the catalogue.</summary>
/// <param name="Name">Unique; says what is special about the packet.</param>
/// <param name="Version">Of the connection it is sent on.</param>
/// <param name="Sender">Which side sends it.</param>
/// <param name="Bytes">The whole packet, and nothing after it.</param>
/// <param name="Expectation">What the receiver makes of it.</param>
/// <param name="Statements">Normative statements it is about, separated by spaces.</param>
public sealed record PacketCase(
    string Name, ProtocolVersion Version, PublishSender Sender, byte[] Bytes, Expectation Expectation, string Statements)
{
    /// <summary>As tests name them: the same id stands for different statements in 5.0 and 3.1.1.</summary>
    public IEnumerable<string> QualifiedStatements =>
        from id in Statements.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        select (Version == ProtocolVersion.Mqtt5 ? "MQTT5" : "MQTT311") + id["MQTT".Length..];

    public override string ToString() => Name;

    /// <summary>A valid packet that is encoded the way the codec does it.</summary>
    public static PacketCase Valid(string name, ProtocolVersion version, PublishSender sender, byte[] bytes, string statements = "") =>
        new(name, version, sender, bytes, new(null, IsCanonical: true), statements);

    /// <summary>A valid packet that the codec would encode otherwise, as with properties in another order.</summary>
    public static PacketCase ValidVariant(string name, ProtocolVersion version, PublishSender sender, byte[] bytes,
        string statements = "") =>
        new(name, version, sender, bytes, new(null), statements);

    public static PacketCase Refused(
        string name, ProtocolVersion version, PublishSender sender, byte[] bytes, ReasonCode with, string statements = "") =>
        new(name, version, sender, bytes, new(with), statements);
}
