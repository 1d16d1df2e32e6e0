using Starling.Fuzzing.Packets;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Fuzzing.Decoding;

public enum Verdict
{
    Unknown,
    Valid,
    Refused,
}

/// <summary>Bytes for the decoder.</summary>
/// <param name="Bytes">One packet, or something like it.</param>
/// <param name="Version">Of the connection.</param>
/// <param name="Sender">Which side sends it.</param>
/// <param name="Expected">What the decoder has to make of it, where that is known.</param>
public sealed record DecoderCase(byte[] Bytes, ProtocolVersion Version, PublishSender Sender, Verdict Expected)
{
    public static DecoderCase Create(int seed, long index)
    {
        var random = CaseRandom.For(seed, index);
        if (random.OneIn(4))
        {
            var packet = PacketCatalogue.All[random.Next(PacketCatalogue.All.Count)];
            return new(Mutations.DamageBytes(packet.Bytes, random), packet.Version, packet.Sender, Verdict.Unknown);
        }
        var version = random.Pick(ProtocolVersion.Mqtt31, ProtocolVersion.Mqtt311, ProtocolVersion.Mqtt5, ProtocolVersion.Mqtt5);
        var draft = new PacketMaker(random, version, "t").Any();
        var sender = (PacketType)(draft.First >> 4) is PacketType.ConnAck or PacketType.SubAck or PacketType.UnsubAck or PacketType.PingResp
            ? PublishSender.Server
            : PublishSender.Client;
        if (random.OneIn(8))
            return new(draft.ToBytes(), version, sender, Verdict.Valid);
        var (bytes, mustBeRefused) = Mutations.Damage(draft, random);
        return new(bytes, version, sender, mustBeRefused ? Verdict.Refused : Verdict.Unknown);
    }

    public override string ToString() => $"{Version} from {Sender}, expected {Expected}: {Convert.ToHexString(Bytes)}";
}
