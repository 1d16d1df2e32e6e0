namespace Starling.Conformance;

/// <param name="Title">What the page calls it.</param>
/// <param name="Source">What its text is quoted from.</param>
/// <param name="Statements">All of them, in its order.</param>
internal sealed record Specification(string Title, string Source, IReadOnlyList<Statement> Statements)
{
    public static IReadOnlyList<Specification> All { get; } =
    [
        new("MQTT 5.0",
            "[MQTT Version 5.0](https://docs.oasis-open.org/mqtt/mqtt/v5.0/os/mqtt-v5.0-os.html), OASIS Standard, © OASIS Open 2019",
            Statement.Read("mqtt-5.0")),
        new("MQTT 3.1.1",
            "[MQTT Version 3.1.1](https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html), OASIS Standard, © OASIS Open 2014",
            Statement.Read("mqtt-3.1.1")),
    ];
}
