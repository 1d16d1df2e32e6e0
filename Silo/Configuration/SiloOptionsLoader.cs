using System.Net;
using System.Net.Sockets;
using Starling.Hosting.Configuration;
using static Starling.Hosting.Configuration.OptionRules;

namespace Starling.Silo.Configuration;

/// <summary>Reads and checks the settings of a silo.</summary>
public static class SiloOptionsLoader
{
    /// <summary>What an address may lie in without <see cref="SiloClusterOptions.AllowPublicAddress"/>: loopback, private, shared and link-local.</summary>
    private static readonly IPNetwork[] Private =
    [
        .. new[] { "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "::1/128", "fc00::/7", "fe80::/10" }
            .Select(network => IPNetwork.Parse(network)),
    ];

    /// <param name="file">A JSON file, or null when everything is in the overrides.</param>
    /// <param name="overrides">Later ones win.</param>
    /// <exception cref="SettingException">With its origin, for one line on stderr.</exception>
    public static (SiloOptions Options, SettingOrigins Origins) Load(string? file, IEnumerable<SettingOverride> overrides)
    {
        var json = file is null ? "{}"u8.ToArray() : SettingsReader<SiloOptions>.ReadFile(file);
        var (options, origins) = SettingsReader<SiloOptions>.Read(file ?? "settings", json, overrides);
        options = options with
        {
            BaseDirectory = file is null ? Environment.CurrentDirectory : Path.GetDirectoryName(Path.GetFullPath(file))!,
        };
        foreach (var (setting, problem) in Errors(options))
            throw new SettingException(setting, problem) { Origin = origins.Of(setting) };
        return (options, origins);
    }

    private static IEnumerable<(string Setting, string Problem)> Errors(SiloOptions options)
    {
        var cluster = options.Cluster;
        if (options.TenantsFile is null && !options.Storage.Tenants)
            yield return ("tenantsFile", "there are no tenants; expected \"tenantsFile\" or \"storage.tenants\": true, as on the edges");
        if (options is { TenantsFile: not null, Storage.Tenants: true })
            yield return ("tenantsFile", "the tenants come from the database already; expected either \"tenantsFile\" or \"storage.tenants\": true");
        if (string.IsNullOrWhiteSpace(cluster.ClusterId))
            yield return ("cluster.clusterId", "expected a name");
        if (string.IsNullOrWhiteSpace(cluster.ServiceId))
            yield return ("cluster.serviceId", "expected a name");
        foreach (var error in AddressErrors("cluster.address", cluster.Address, cluster, mayBeAny: cluster.AdvertisedAddress is not null)
            .Concat(cluster.AdvertisedAddress is { } advertised ? AddressErrors("cluster.advertisedAddress", advertised, cluster, mayBeAny: false) : [])
            .Concat(EndpointErrors("management", options.Management?.Address ?? "127.0.0.1", options.Management?.Port ?? 0))
            .Concat(StorageErrors(options.Storage))
            .Concat(TelemetryErrors(options.Telemetry))
            .Concat(OutOf(
                Between("cluster.siloPort", cluster.SiloPort, 1, 65535),
                Between("cluster.gatewayPort", cluster.GatewayPort, 1, 65535),
                Between("movesPerSecond", options.MovesPerSecond, 1, 1_000_000),
                Between("shutdownTimeout", options.ShutdownTimeout, "0s", "1h"))))
            yield return error;
        if (cluster.SiloPort == cluster.GatewayPort)
            yield return ("cluster.gatewayPort", $"{cluster.GatewayPort} is cluster.siloPort already; expected a port of its own");
    }

    private static IEnumerable<(string Setting, string Problem)> AddressErrors(string setting, string text, SiloClusterOptions cluster, bool mayBeAny)
    {
        if (!IPAddress.TryParse(text, out var address))
        {
            yield return (setting, $"\"{text}\" is not an IP address; expected one such as 10.1.2.3");
            yield break;
        }

        var isAny = address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
        if (isAny && !mayBeAny)
            yield return (setting, $"other nodes cannot reach {text}; expected the machine's own address, or \"cluster.advertisedAddress\" beside it");
        else if (!cluster.AllowPublicAddress && (isAny || !Private.Any(network => Contains(network, address))))
            yield return (setting, $"{text} may be reachable from the internet, and a silo trusts whoever reaches it; expected a private address, or \"cluster.allowPublicAddress\": true");
    }

    private static bool Contains(IPNetwork network, IPAddress address) =>
        network.BaseAddress.AddressFamily == address.AddressFamily
            ? network.Contains(address)
            : address is { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: true } && network.Contains(address.MapToIPv4());
}
