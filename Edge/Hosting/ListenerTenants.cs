using Microsoft.Extensions.Logging;
using Starling.Broker.Tenants;
using Starling.Edge.Configuration;

namespace Starling.Edge.Hosting;

/// <summary>Warns of listeners whose tenant does not exist: clients that name no other one are refused there.</summary>
internal sealed partial class ListenerTenants
{
    private readonly IReadOnlyList<ListenerOptions> _listeners;
    private readonly ITenantDirectory _directory;
    private readonly ILogger<ListenerTenants> _logger;

    public ListenerTenants(EdgeOptions options, ITenantDirectory directory, ILogger<ListenerTenants> logger)
    {
        (_listeners, _directory, _logger) = ([.. options.Listeners.Where(listener => listener.Tenant is not null)], directory, logger);
        directory.Changed += change =>
        {
            if (change.IsRemoved)
                Warn(change.Tenant.Name);
        };
    }

    /// <summary>Once the tenants are loaded.</summary>
    public void Check()
    {
        foreach (var tenant in _listeners.Select(listener => listener.Tenant!).Distinct())
        {
            if (!_directory.TryGet(tenant, out _))
                Warn(tenant);
        }
    }

    private void Warn(string tenant)
    {
        foreach (var listener in _listeners.Where(listener => listener.Tenant == tenant))
            LogMissing(listener.Name, tenant);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Listener {Listener}: there is no tenant '{Tenant}', so clients that name no other one are refused")]
    private partial void LogMissing(string listener, string tenant);
}
