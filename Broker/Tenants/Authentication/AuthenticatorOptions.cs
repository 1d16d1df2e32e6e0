namespace Starling.Broker.Tenants.Authentication;

/// <summary>How much of the machine logins may take.</summary>
public sealed record AuthenticatorOptions
{
    /// <summary>Threads that do nothing but hash passwords; at least 1. A quarter of the processors unless said otherwise.</summary>
    public int Threads { get; init; } = Math.Max(1, Environment.ProcessorCount / 4);

    /// <summary>Logins that may wait for a thread, in all; beyond that the heaviest tenant and address give way (0x89).</summary>
    public int QueueLength { get; init; } = 256;

    /// <summary>Of those, the share that one tenant may have.</summary>
    public int QueueLengthPerTenant { get; init; } = 128;

    /// <summary>How long a password once found right is taken again without hashing it.</summary>
    public TimeSpan VerifiedLifetime { get; init; } = TimeSpan.FromMinutes(10);

    public override string ToString() => $"{Threads} threads, queue {QueueLength} ({QueueLengthPerTenant} per tenant), remembered for {VerifiedLifetime}";
}
