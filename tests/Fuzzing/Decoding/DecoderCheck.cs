using System.Buffers;
using System.Text.Json;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Fuzzing.Decoding;

/// <summary>What has to hold for whatever bytes the decoder gets.</summary>
public static class DecoderCheck
{
    /// <summary>A user property of five bytes becomes two references in a growing list; nothing costs more.</summary>
    private const int AllocatedPerByte = 64;

    /// <summary>For what does not depend on the packet: the packet object, an exception with its stack.</summary>
    private const int AllocatedPerPacket = 16 * 1024;

    /// <returns>Whether the bytes are a valid packet.</returns>
    /// <exception cref="FuzzException">Something does not hold.</exception>
    public static bool Run(DecoderCase decoded)
    {
        var framed = Frame(decoded);
        object? packet = null;
        if (framed is { } header && header.PacketLength == decoded.Bytes.Length)
            packet = Decode(decoded.Bytes, decoded);
        if (decoded.Expected == Verdict.Valid && packet is null)
            throw new FuzzException("a valid packet is refused");
        if (decoded.Expected == Verdict.Refused && packet is not null)
            throw new FuzzException($"a malformed packet is taken for {packet}");
        if (packet is not null)
            CheckRoundTrip(packet, decoded);
        return packet is not null;
    }

    /// <summary>The header has to say the same however the bytes are cut.</summary>
    private static FixedHeader? Frame(DecoderCase decoded)
    {
        var whole = Header(decoded.Bytes, decoded.Version, out var refused);
        for (var length = 0; length <= Math.Min(decoded.Bytes.Length, Framing.MaximumHeaderLength + 1); length++)
        {
            var start = Header(decoded.Bytes.AsMemory(0, length), decoded.Version, out var startRefused);
            if ((startRefused && !refused) || (start is { } early && (whole is not { } late || early.PacketLength != late.PacketLength)))
                throw new FuzzException($"the first {length} bytes have another header than the whole");
            if (length == 0 || length >= decoded.Bytes.Length)
                continue;
            var cut = Joined(decoded.Bytes.AsMemory(0, length), decoded.Bytes.AsMemory(length));
            var found = false;
            var cutHeader = default(FixedHeader);
            try
            {
                found = Framing.TryReadFixedHeader(cut, int.MaxValue, out cutHeader, decoded.Version);
            }
            catch (MqttProtocolException) when (refused)
            {
            }
            if (found != whole.HasValue || (found && cutHeader.PacketLength != whole!.Value.PacketLength))
                throw new FuzzException($"cut after {length} bytes the header is another");
        }
        return whole;
    }

    private static FixedHeader? Header(ReadOnlyMemory<byte> bytes, ProtocolVersion version, out bool refused)
    {
        refused = false;
        try
        {
            return Framing.TryReadFixedHeader(bytes.Span, int.MaxValue, out var header, version) ? header : null;
        }
        catch (MqttProtocolException)
        {
            refused = true;
            return null;
        }
    }

    private static object? Decode(byte[] bytes, DecoderCase decoded)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        object? packet = null;
        try
        {
            packet = AnyPacket.Decode(bytes, decoded.Version, decoded.Sender);
        }
        catch (MqttProtocolException exception) when (exception.ReasonCode >= ReasonCode.UnspecifiedError)
        {
        }
        catch (Exception exception)
        {
            throw new FuzzException($"the decoder threw {exception}", exception);
        }
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        return allocated <= AllocatedPerPacket + ((long)AllocatedPerByte * bytes.Length)
            ? packet
            : throw new FuzzException($"{allocated} bytes were allocated for a packet of {bytes.Length}");
    }

    private static void CheckRoundTrip(object packet, DecoderCase decoded)
    {
        byte[] encoded;
        object again;
        try
        {
            encoded = AnyPacket.Encode(packet, decoded.Version);
            again = AnyPacket.Decode(encoded, decoded.Version, decoded.Sender);
        }
        catch (Exception exception)
        {
            throw new FuzzException($"what was decoded can't be encoded and decoded again: {packet} {exception}", exception);
        }
        if (Comparable(packet) is var first && Comparable(again) is var second && first != second)
            throw new FuzzException($"encoded and decoded again it is another packet: {first} became {second}");
        if (!AnyPacket.Encode(again, decoded.Version).AsSpan().SequenceEqual(encoded))
            throw new FuzzException("the second encoding differs from the first");
    }

    private static string Comparable(object packet) => JsonSerializer.Serialize(packet, packet.GetType());

    private static ReadOnlySequence<byte> Joined(ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> tail)
    {
        var first = new Segment(head, 0);
        var last = new Segment(tail, head.Length);
        first.Append(last);
        return new(first, 0, last, tail.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long before) => (Memory, RunningIndex) = (memory, before);

        public void Append(Segment next) => Next = next;
    }
}
