using System.Buffers;
using BenchmarkDotNet.Attributes;
using Starling.Protocol;

namespace Starling.MicroBenchmarks;

/// <summary>One PUBLISH or PUBACK from bytes and to bytes.</summary>
[MemoryDiagnoser]
public class Codec
{
    private readonly ArrayBufferWriter<byte> _writer = new(64);
    private readonly byte[] _destination = new byte[2048];
    private byte[] _payload = [];
    private byte[] _packet = [];

    [Params(64, 1024)]
    public int Payload { get; set; }

    [Params(ProtocolVersion.Mqtt311, ProtocolVersion.Mqtt5)]
    public ProtocolVersion Version { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _payload = new byte[Payload];
        var head = Head();
        _packet = new byte[head.PacketLength];
        head.Write(_packet);
    }

    [Benchmark]
    public int DecodePublish()
    {
        Framing.TryReadFixedHeader(_packet, int.MaxValue, out var header, Version);
        var packet = PublishPacket.Decode(header.Flags, _packet.AsSpan(header.Length), Version, PublishSender.Client);
        return packet.Topic.Length + packet.Payload.Length;
    }

    [Benchmark]
    public int EncodePublish()
    {
        var length = Head().Write(_destination);
        _payload.CopyTo(_destination.AsSpan(length));
        return length;
    }

    [Benchmark]
    public int EncodeAcknowledgement()
    {
        _writer.ResetWrittenCount();
        new AckPacket(PacketType.PubAck, 17).Encode(_writer, Version);
        return _writer.WrittenCount;
    }

    private PublishHead Head() => new()
    {
        Version = Version,
        QoS = QualityOfService.AtLeastOnce,
        Topic = "devices/4711/temperature"u8,
        PacketIdentifier = 17,
        PayloadLength = _payload.Length,
    };
}
