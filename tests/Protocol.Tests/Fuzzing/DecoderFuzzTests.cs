using Starling.Testing;

namespace Starling.Protocol.Tests;

/// <summary>Packets of the catalogue, damaged at random; the same ones in every run.</summary>
public sealed class DecoderFuzzTests
{
    private const int Packets = 100_000;

    [Theory]
    [InlineData(1)]
    [InlineData(20260101)]
    public void Damaged_packets_are_decoded_or_refused_and_nothing_else(int seed)
    {
        var random = new Random(seed);
        var (decoded, refused) = (0, 0);
        for (var i = 0; i < Packets; i++)
        {
            var packet = PacketCatalogue.All[random.Next(PacketCatalogue.All.Count)];
            var bytes = Damage(packet.Bytes, random);
            if (TryDecode(bytes, packet))
                decoded++;
            else
                refused++;
        }

        decoded.ShouldBeGreaterThan(0);
        refused.ShouldBeGreaterThan(0);
    }

    private static bool TryDecode(byte[] bytes, PacketCase packet)
    {
        try
        {
            if (!Framing.TryReadFixedHeader(bytes, int.MaxValue, out var header, packet.Version) || header.PacketLength != bytes.Length)
                return false;
            AnyPacket.Encode(AnyPacket.Decode(bytes, packet.Version, packet.Sender), packet.Version).ShouldNotBeEmpty();
            return true;
        }
        catch (MqttProtocolException)
        {
            return false;
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException($"{packet.Name} damaged to {Convert.ToHexString(bytes)}", exception);
        }
    }

    private static byte[] Damage(byte[] original, Random random)
    {
        List<byte> body = [.. original.Skip(HeaderLength(original)).Take(500)];
        for (var times = random.Next(1, 5); times > 0; times--)
        {
            var at = random.Next(body.Count + 1);
            switch (random.Next(5))
            {
                case 0 when at < body.Count:
                    body[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1 when at < body.Count:
                    body[at] = (byte)random.Next(256);
                    break;
                case 2:
                    body.Insert(at, (byte)random.Next(256));
                    break;
                case 3 when at < body.Count:
                    body.RemoveAt(at);
                    break;
                default:
                    body.RemoveRange(at, body.Count - at);
                    break;
            }
        }
        var first = random.Next(20) == 0 ? (byte)random.Next(256) : original[0];
        return Raw.Packet(first, [.. body]);
    }

    private static int HeaderLength(byte[] packet)
    {
        var length = 1;
        while (length < packet.Length && length < 5 && packet[length] > 127)
            length++;
        return Math.Min(length + 1, packet.Length);
    }
}
