namespace Starling.Testing;

/// <summary>Every kind of packet, valid and not, by name; shared by the tests of the decoder, the encoder and the server.</summary>
public static class PacketCatalogue
{
    public static IReadOnlyList<PacketCase> All { get; } =
    [
        .. FramingCases.All,
        .. ConnectCases.All,
        .. ConnectPropertyCases.All,
        .. WillCases.All,
        .. ConnAckCases.All,
        .. PublishCases.All,
        .. PublishPropertyCases.All,
        .. AckCases.All,
        .. SubscribeCases.All,
        .. SubAckCases.All,
        .. UnsubscribeCases.All,
        .. PingCases.All,
        .. DisconnectCases.All,
        .. AuthCases.All,
    ];

    private static readonly Dictionary<string, PacketCase> ByName = All.ToDictionary(packet => packet.Name);

    public static IEnumerable<PacketCase> Valid => All.Where(packet => packet.Expectation.IsValid);

    public static IEnumerable<PacketCase> Refused => All.Where(packet => !packet.Expectation.IsValid);

    public static PacketCase Named(string name) => ByName[name];
}
