namespace Starling.Broker.Tenants;

/// <summary>Where a process has its part of its tenants' limits from.</summary>
public interface IQuotaLeases
{
    /// <summary>To be called before a client of the tenant is admitted: makes sure that this process has a share of the limits. Does not throw.</summary>
    ValueTask EnsureAsync(Tenant tenant);

    /// <summary>Whether there is somebody to ask for more.</summary>
    bool CanAsk { get; }

    /// <summary>Asks for more at once, since a client would have to be refused. Does not throw.</summary>
    ValueTask AskForMoreAsync(Tenant tenant);
}

/// <summary>One process has all of it.</summary>
public sealed class UndividedQuotas : IQuotaLeases
{
    public ValueTask EnsureAsync(Tenant tenant) => ValueTask.CompletedTask;

    public bool CanAsk => false;

    public ValueTask AskForMoreAsync(Tenant tenant) => ValueTask.CompletedTask;
}
