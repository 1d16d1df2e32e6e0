using Starling.Protocol;

namespace Starling.Simulation.Clients;

/// <summary>Cuts what comes in into packets.</summary>
internal sealed class PacketStream
{
    private byte[] _rest = [];

    public void Add(byte[] bytes) => _rest = _rest.Length == 0 ? bytes : [.. _rest, .. bytes];

    public bool TryTake(ProtocolVersion version, out FixedHeader header, out byte[] body)
    {
        body = [];
        if (!Framing.TryReadFixedHeader(_rest, int.MaxValue, out header, version) || _rest.Length < header.PacketLength)
            return false;
        body = _rest[header.Length..header.PacketLength];
        _rest = _rest[header.PacketLength..];
        return true;
    }
}
