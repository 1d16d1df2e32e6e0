namespace Starling.LoadGenerator.Scenarios;

/// <summary>All cases, by their keys.</summary>
internal static class Catalogue
{
    private const uint Pause = 500;

    private static readonly Scenario A = new() { Key = "a", Title = "1 to 1, QoS 0" };

    private static readonly Scenario B = new() { Key = "b", Title = "50 pairs, QoS 0", Publishers = 50, Receivers = 50 };

    private static readonly Scenario C = B with { Key = "c", Title = "50 pairs, QoS 1, window 16", QoS = 1, Window = 16, PauseMicroseconds = Pause };

    private static readonly Scenario E = new()
    {
        Key = "e",
        Title = "1 to 500, QoS 0",
        Shape = Shape.FanOut,
        Receivers = 500,
        PauseMicroseconds = Pause,
    };

    private static readonly Scenario G = new() { Key = "g", Title = "10,000 connects", Kind = Kind.Connects, Count = 10_000 };

    private static readonly Scenario Paced = new() { Key = "rate", Title = "messages/s, QoS 0", Publishers = 10, Receivers = 10 };

    private static readonly Scenario K = C with { Key = "k", Title = "50 durable pairs, QoS 1, window 16", Durable = true };

    private static readonly Scenario KOffline = K with { Key = "k-offline", Title = "50 to 50 offline inboxes, QoS 1, window 16", Kind = Kind.Queueing };

    private static readonly Scenario KDrain = new()
    {
        Key = "k-drain",
        Title = "drain of 100,000, 1 client",
        Kind = Kind.Offline,
        Count = 100_000,
        QoS = 1,
        Durable = true,
    };

    private static readonly Scenario KDatabase = new()
    {
        Key = "k-database",
        Title = "PostgreSQL alone, 500 rows of 100 B at once",
        Kind = Kind.Database,
        Count = 500,
        Payload = 100,
    };

    public static IReadOnlyList<Scenario> All { get; } =
    [
        A,
        A with { Key = "a-1k", Title = "1 to 1, QoS 0, 1 KiB", Payload = 1024 },
        A with { Key = "a-64k", Title = "1 to 1, QoS 0, 64 KiB", Payload = 65_536 },
        A with { Key = "a-wildcard", Title = "1 to 1, QoS 0, wildcard", Wildcard = true },
        B,
        B with { Key = "b-1k", Title = "50 pairs, QoS 0, 1 KiB", Payload = 1024 },
        B with { Key = "b-64k", Title = "50 pairs, QoS 0, 64 KiB", Payload = 65_536 },
        B with { Key = "b-wildcard", Title = "50 pairs, QoS 0, wildcard", Wildcard = true },
        B with { Key = "b-100", Title = "50 pairs, QoS 0, 100 other subscriptions", Background = 100 },
        B with { Key = "b-10k", Title = "50 pairs, QoS 0, 10,000 other subscriptions", Background = 10_000 },
        B with { Key = "b-100k", Title = "50 pairs, QoS 0, 100,000 other subscriptions", Background = 100_000 },
        B with { Key = "b-1m", Title = "50 pairs, QoS 0, 1,000,000 other subscriptions", Background = 1_000_000 },
        C,
        C with { Key = "c-1k", Title = "50 pairs, QoS 1, window 16, 1 KiB", Payload = 1024 },
        C with { Key = "c-wildcard", Title = "50 pairs, QoS 1, window 16, wildcard", Wildcard = true },
        C with { Key = "c-100k", Title = "50 pairs, QoS 1, 100,000 other subscriptions", Background = 100_000 },
        C with { Key = "d", Title = "50 pairs, QoS 2, window 16", QoS = 2 },
        E,
        E with { Key = "e-5", Title = "1 to 5, QoS 0", Receivers = 5 },
        E with { Key = "e-50", Title = "1 to 50, QoS 0", Receivers = 50 },
        E with { Key = "e-1k", Title = "1 to 500, QoS 0, 1 KiB", Payload = 1024 },
        E with { Key = "e-5000", Title = "1 to 5,000, QoS 0", Receivers = 5000 },
        new()
        {
            Key = "f", Title = "500 to 1, wildcard, QoS 1", Shape = Shape.FanIn, Publishers = 500, QoS = 1, Window = 16,
            Wildcard = true, PauseMicroseconds = Pause,
        },
        G,
        G with { Key = "g-password", Title = "10,000 connects, password", Password = true },
        G with { Key = "g-tls", Title = "10,000 connects, TLS", Tls = true },
        G with { Key = "g-tls-password", Title = "10,000 connects, TLS, password", Tls = true, Password = true },
        new() { Key = "idle", Title = "20,000 idle connections", Kind = Kind.Idle, Count = 20_000 },
        new() { Key = "h", Title = "replay of 50,000 retained, QoS 0", Kind = Kind.Retained, Count = 50_000, Wildcard = true },
        new() { Key = "h-qos1", Title = "replay of 50,000 retained, QoS 1", Kind = Kind.Retained, Count = 50_000, QoS = 1, Wildcard = true },
        new() { Key = "i", Title = "offline drain of 20,000, QoS 1", Kind = Kind.Offline, Count = 20_000, QoS = 1 },
        new() { Key = "j", Title = "5,000 messages/s, QoS 1", Publishers = 10, Receivers = 10, QoS = 1, Window = 1000, Rate = 5000 },
        Paced with { Key = "rate-10k", Title = "10,000 messages/s, QoS 0", Rate = 10_000 },
        Paced with { Key = "rate-50k", Title = "50,000 messages/s, QoS 0", Rate = 50_000 },
        Paced with { Key = "rate-200k", Title = "200,000 messages/s, QoS 0", Rate = 200_000 },
        Paced with { Key = "rate-500k", Title = "500,000 messages/s, QoS 0", Rate = 500_000 },
        K,
        K with { Key = "k-100", Title = "50 durable pairs, QoS 1, window 100", Window = 100 },
        KOffline,
        KOffline with { Key = "k-offline-100", Title = "50 to 50 offline inboxes, QoS 1, window 100", Window = 100 },
        KDrain,
        KDrain with { Key = "k-drain-50", Title = "drain of 100,000, 50 clients", Publishers = 50, Receivers = 50 },
        new() { Key = "k-latency", Title = "1 durable pair, QoS 1, one at a time", QoS = 1, Window = 1, Durable = true },
        KDatabase,
        KDatabase with { Key = "k-database-1", Title = "PostgreSQL alone, rows of 100 B one by one", Count = 1 },
    ];

    /// <summary>The cases of a list such as <c>a,b,idle</c>; <c>all</c> is all of them, <c>core</c> those with a key of one letter, <c>durable</c> those about storage, <c>growth</c> those that differ in one number.</summary>
    /// <exception cref="ArgumentException">There is no such case.</exception>
    public static IReadOnlyList<Scenario> Choose(string keys) => keys switch
    {
        "all" => All,
        "core" => [.. All.Where(scenario => scenario.Key.Length == 1)],
        "growth" => [.. All.Where(Grows)],
        "durable" => [.. All.Where(scenario => scenario.Durable || scenario.Kind == Kind.Database)],
        _ => [.. keys.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(Find)],
    };

    private static bool Grows(Scenario scenario) =>
        scenario.Key is "b" or "e" || scenario.Key.StartsWith("rate-", StringComparison.Ordinal)
        || (scenario.Key.StartsWith("b-", StringComparison.Ordinal) && scenario.Background > 0)
        || (scenario.Shape == Shape.FanOut && scenario.Payload == 64);

    private static Scenario Find(string key) =>
        All.FirstOrDefault(scenario => scenario.Key == key) ?? throw new ArgumentException($"There is no scenario '{key}'.");
}
