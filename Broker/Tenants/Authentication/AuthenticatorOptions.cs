namespace Starling.Broker.Tenants.Authentication;

/// <summary>How much of the machine logins may take.</summary>
public sealed record AuthenticatorOptions
{
    /// <summary>Threads that do nothing but hash passwords; at least 1. A quarter of the processors unless said otherwise.</summary>
    public int Threads { get; init; } = Math.Max(1, Environment.ProcessorCount / 4);

    /// <summary>Logins that may wait for a thread, in all; further ones are answered Server busy (0x89).</summary>
    public int QueueLength { get; init; } = 256;

    /// <summary>Of those, the share that one tenant may have.</summary>
    public int QueueLengthPerTenant { get; init; } = 128;

    /// <summary>How long a password once found right is taken again without hashing it.</summary>
    public TimeSpan VerifiedLifetime { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// Secret from which the salts of SCRAM users who don't exist are made. Give all edges of a cluster the same one: if the salt of a name
    /// differs from edge to edge or changes with a restart, that name has no user. Null: a random one for this process.
    /// </summary>
    public ReadOnlyMemory<byte>? UnknownUserSecret { get; init; }

    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{Threads} threads, queue {QueueLength} ({QueueLengthPerTenant} per tenant), remembered for {VerifiedLifetime}";
}
