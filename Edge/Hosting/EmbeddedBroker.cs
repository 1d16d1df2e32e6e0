using System.Net;
using Starling.Broker.Tenants.Files;
using Starling.Edge.Configuration;
using Starling.Hosting.Configuration;
using Starling.Hosting.Sockets;

namespace Starling.Edge.Hosting;

/// <summary>A whole broker inside another program. Several may run in one process, on different ports. Disposing of it stops it.</summary>
public sealed class EmbeddedBroker : IAsyncDisposable
{
    private readonly EdgeHost _host;

    private EmbeddedBroker(EdgeHost host) => _host = host;

    /// <summary>Where each listener is bound, by its name: also tells the port of a listener that asked for port 0.</summary>
    public IReadOnlyDictionary<string, IPEndPoint> Endpoints => _host.Endpoints;

    /// <summary>Where <c>/healthz</c>, <c>/readyz</c> and <c>/metrics</c> are served; null when <see cref="EdgeOptions.Management"/> is.</summary>
    public IPEndPoint? ManagementEndpoint => _host.ManagementEndpoint;

    /// <summary>
    /// Returns when every listener accepts connections. Tenants come from <see cref="EdgeOptions.TenantsFile"/> or the database; when the
    /// options name neither, there is the tenant <c>demo</c> with user and password <c>demo</c>.
    /// </summary>
    /// <param name="options">The same settings as in the configuration file.</param>
    /// <param name="cancellation">Gives up starting.</param>
    /// <exception cref="SettingException">A setting is wrong, or a certificate cannot be used.</exception>
    /// <exception cref="TenantsFileException">There are mistakes in the tenants file.</exception>
    /// <exception cref="Storage.PostgreSql.DatabaseException">The database cannot be used.</exception>
    /// <exception cref="ListenException">An address cannot be listened on.</exception>
    public static async Task<EmbeddedBroker> StartAsync(EdgeOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (OptionsValidator.FirstError(options) is { } error)
            throw new SettingException(error.Setting, error.Problem);
        return new EmbeddedBroker(await EdgeHost.StartAsync(options, services => BrokerServices.Add(options, services), cancellation: cancellation));
    }

    /// <summary>Closes all connections, waits for them as long as <see cref="EdgeOptions.ShutdownTimeout"/>, and stops.</summary>
    public ValueTask DisposeAsync() => _host.DisposeAsync();
}
