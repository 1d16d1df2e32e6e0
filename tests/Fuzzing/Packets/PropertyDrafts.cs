using Starling.Protocol;

namespace Starling.Fuzzing.Packets;

/// <summary>Valid properties of every packet, as section 2.2.2.2 of MQTT 5.0 lists them.</summary>
internal static class PropertyDrafts
{
    private static readonly Dictionary<PacketType, byte[]> Allowed = new()
    {
        [PacketType.Connect] = [17, 21, 23, 25, 33, 34, 38, 39],
        [PacketType.ConnAck] = [17, 18, 19, 21, 22, 26, 28, 31, 33, 34, 36, 37, 38, 39, 40, 41, 42],
        [PacketType.Publish] = [1, 2, 3, 8, 9, 35, 38],
        [PacketType.Subscribe] = [11, 38],
        [PacketType.Unsubscribe] = [38],
        [PacketType.Disconnect] = [17, 31, 38],
        [PacketType.Auth] = [21, 22, 31, 38],
    };

    private static readonly byte[] OfWill = [1, 2, 3, 8, 9, 24, 38];

    private static readonly byte[] OfAcknowledgements = [31, 38];

    /// <param name="packet">Decides which there are.</param>
    /// <param name="text">Makes up texts.</param>
    /// <param name="random">Of the case.</param>
    /// <param name="without">Identifiers to leave out.</param>
    public static Part Of(PacketType packet, Func<string> text, Random random, params ReadOnlySpan<byte> without) =>
        Block(Allowed.GetValueOrDefault(packet, OfAcknowledgements), text, random, without);

    public static Part Will(Func<string> text, Random random) => Block(OfWill, text, random, []);

    public static List<Part> One(byte identifier, Func<string> text, Random random)
    {
        Part[] values = identifier switch
        {
            1 or 23 or 25 or 36 or 37 or 40 or 41 or 42 => [Part.Plain((byte)random.Next(2))],
            11 => [Part.Plain(Part.Variable(random.Pick(1, 127, 128, 16_384, 268_435_455)))],
            2 => [Part.Number32((uint)random.Next(1, 100))],
            17 => [Part.Number32(random.Pick(0u, 1u, 2u, 5u))],
            24 => [Part.Number32(random.Pick(0u, 0u, 1u))],
            39 => [Part.Number32(random.Pick(40u, 200u, 2_000u, uint.MaxValue))],
            19 => [Part.Number16(random.Next(100))],
            33 => [Part.Number16(random.Pick(1, 2, 10, 65_535))],
            34 => [Part.Number16(random.Pick(0, 1, 10, 65_535))],
            35 => [Part.Number16(random.Next(1, 11))],
            9 or 22 => [Part.Binary(random.Bytes(30))],
            38 => [Part.Text(text()), Part.Text(text())],
            _ => [Part.Text(text())],
        };
        return [Part.Plain(identifier), .. values];
    }

    private static Part Block(byte[] allowed, Func<string> text, Random random, ReadOnlySpan<byte> without)
    {
        var properties = new List<List<Part>>();
        foreach (var identifier in allowed)
        {
            if (without.Contains(identifier) || !random.OneIn(3))
                continue;
            for (var times = identifier == 38 ? random.Next(1, 5) : 1; times > 0; times--)
                properties.Add(One(identifier, text, random));
        }
        // Authentication data needs a method.
        if (properties.Exists(property => property[0].Value[0] == 22) && !properties.Exists(property => property[0].Value[0] == 21))
            properties.Add(One(21, text, random));
        var order = properties.ToArray();
        random.Shuffle(order);
        return Part.Block([.. order]);
    }
}
