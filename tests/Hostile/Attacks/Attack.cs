namespace Starling.Hostile.Attacks;

/// <summary>One way of being a bad client, carried on until it is cancelled.</summary>
/// <param name="Name">As on the command line.</param>
/// <param name="Description">What the attacker does, in a line.</param>
/// <param name="RunAsync">Attacks until it is cancelled. Connections that the broker closes are opened again.</param>
internal sealed record Attack(string Name, string Description, Func<Attacker, CancellationToken, Task> RunAsync)
{
    public static IReadOnlyList<Attack> All { get; } =
    [
        new("silence", "2,000 connections that send nothing", Connecting.SilenceAsync),
        new("drip", "CONNECT sent a byte every second, by 200 connections", Connecting.DripAsync),
        new("connects", "CONNECT and away, as fast as it goes", Connecting.ConnectsAsync),
        new("passwords", "wrong passwords, as fast as they are refused", Connecting.PasswordsAsync),
        new("pings", "PINGREQ without end by clients that never read", NotReading.PingsAsync),
        new("acknowledgements", "QoS 1 and 2 without end by clients that never read", NotReading.AcknowledgementsAsync),
        new("slow-readers", "200 subscribers of everything that never read, and somebody who publishes 64 KB messages", NotReading.SlowReadersAsync),
        new("slow-writers", "1 MB messages sent in 100 bytes a second by 200 clients", NotReading.SlowWritersAsync),
        new("filters", "10,000 filters of 100 levels for each client, with wildcards", Topics.FiltersAsync),
        new("deep-topics", "topics of 65,535 bytes with a level for each second one, allowed and refused", Topics.DeepTopicsAsync),
        new("aliases", "65,535 topic aliases with long topics, both ways", Topics.AliasesAsync),
        new("retained", "a retained message of 1 KB for each of endless topics", Stored.RetainedAsync),
        new("sessions", "a session of a year with a subscription for each of endless client ids, and messages for them", Stored.SessionsAsync),
        new("unfinished", "65,535 messages of QoS 2 that are never released, for each session", Stored.UnfinishedAsync),
        new("wills", "wills of 60 KB with a delay of a year, by clients that vanish", Stored.WillsAsync),
        new("properties", "messages with a megabyte of user properties", Topics.PropertiesAsync),
        new("fuzzer", "random packets and sessions", Fuzz.RunAsync),
    ];
}
