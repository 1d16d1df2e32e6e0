namespace Starling.Durability.Faults;

/// <summary>What clients talk to, and what is made to fail.</summary>
internal interface ITarget : IAsyncDisposable
{
    /// <summary>Returns when clients can connect.</summary>
    Task StartAsync();

    /// <summary>Where a client connects this time.</summary>
    int Port();

    /// <summary>Carries out a fault, and returns when everything works again.</summary>
    /// <param name="kind">What goes wrong.</param>
    /// <param name="random">Decides on the rest.</param>
    /// <param name="cutOff">Called in the middle of faults that leave connections alive.</param>
    /// <returns>What happened.</returns>
    Task<string> StrikeAsync(FaultKind kind, Random random, Action cutOff);
}
