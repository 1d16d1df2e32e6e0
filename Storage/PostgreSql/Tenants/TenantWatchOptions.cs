namespace Starling.Storage.PostgreSql.Tenants;

public sealed record TenantWatchOptions
{
    /// <summary>How long nothing has to come from the server until it is asked whether it is still there.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(4);

    /// <summary>How long it may take to answer that; whole seconds.</summary>
    public TimeSpan HeartbeatTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Notifications that come within this time of each other are dealt with together.</summary>
    public TimeSpan Quiet { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>The longest time that notifications are waited for before they are dealt with.</summary>
    public TimeSpan LongestBurst { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Between a lost connection and the first try to connect again; doubles with each try.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromMilliseconds(100);

    public TimeSpan LongestRetry { get; init; } = TimeSpan.FromSeconds(5);
}
