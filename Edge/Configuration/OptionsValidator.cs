using Starling.Hosting.Configuration;
using static Starling.Hosting.Configuration.OptionRules;

namespace Starling.Edge.Configuration;

/// <summary>The rules that types alone cannot express.</summary>
internal static class OptionsValidator
{
    public static (string Setting, string Problem)? FirstError(EdgeOptions options) =>
        Errors(options).Select(error => ((string, string)?)error).FirstOrDefault();

    public static IEnumerable<(string Setting, string Problem)> Errors(EdgeOptions options)
    {
        if (options.Listeners.Count == 0)
            yield return ("listeners", "expected at least one listener");
        for (var i = 0; i < options.Listeners.Count; i++)
        {
            foreach (var (setting, problem) in ListenerErrors(options.Listeners[i], $"listeners[{i}]").Concat(Clashes(options, i)))
                yield return (setting, problem);
        }
        if (options.Management is { } management)
        {
            foreach (var error in EndpointErrors("management", management.Address, management.Port))
                yield return error;
        }
        foreach (var error in StorageErrors(options.Storage).Concat(TelemetryErrors(options.Telemetry)))
            yield return error;
        if (options is { TenantsFile: not null, Storage.Tenants: true })
            yield return ("tenantsFile", "the tenants come from the database already; expected either \"tenantsFile\" or \"storage.tenants\": true");
        if (options.Drain.Over > options.ShutdownTimeout)
            yield return ("drain.over", $"expected at most \"shutdownTimeout\", {options.ShutdownTimeout.TotalSeconds} s, after which connections are aborted");
        if (options.Drain is { Reason: DrainReason.ServerShuttingDown, ServerReference: not null })
            yield return ("drain.serverReference", "has an effect only with \"drain.reason\": \"useAnotherServer\" or \"serverMoved\"");
        if (options.Drain.ServerReference is { Length: 0 or > 1024 })
            yield return ("drain.serverReference", "expected 1 to 1024 characters, such as mqtt2.example.com:8883");
        if (options.Cluster is { } cluster)
        {
            foreach (var error in ClusterErrors(options, cluster))
                yield return error;
        }
        if (string.IsNullOrWhiteSpace(options.DataDirectory))
            yield return ("dataDirectory", "expected the name of a directory");
        var limits = options.Limits;
        var ranges = new (string Setting, object Value, bool InRange, string Range)[]
        {
            Between("limits.connectTimeout", limits.ConnectTimeout, "100ms", "10m"),
            Between("limits.maximumConnectPacketSize", limits.MaximumConnectPacketSize, 64, 268_435_460),
            Between("limits.halfOpenPerAddress", limits.HalfOpenPerAddress, 1, int.MaxValue),
            Between("limits.maximumHalfOpen", limits.MaximumHalfOpen, 1, int.MaxValue),
            Between("limits.maximumConnections", limits.MaximumConnections, 1, int.MaxValue),
            Between("limits.memoryWatermark", limits.MemoryWatermark, 10, 100),
            Between("limits.tcpKeepAlive", limits.TcpKeepAlive, "0s", "9h"),
            Between("limits.outgoingQueueBytes", limits.OutgoingQueueBytes, 4096, int.MaxValue),
            Between("shutdownTimeout", options.ShutdownTimeout, "0s", "1h"),
            Between("drain.delay", options.Drain.Delay, "0s", "1h"),
            Between("drain.over", options.Drain.Over, "0s", "1h"),
            Between("certificateCheckInterval", options.CertificateCheckInterval, "1s", "1d"),
        };
        foreach (var error in OutOf(ranges))
            yield return error;
    }

    private static IEnumerable<(string Setting, string Problem)> ClusterErrors(EdgeOptions options, ClusterOptions cluster)
    {
        if (options.Storage is null)
            yield return ("cluster", "needs \"storage\": the silos are found in the database");
        if (options is { TenantsFile: null, Storage.Tenants: false })
            yield return ("tenantsFile", "there are no tenants; expected \"tenantsFile\" or \"storage.tenants\": true, as on the silos");
        if (string.IsNullOrWhiteSpace(cluster.ClusterId))
            yield return ("cluster.clusterId", "expected a name");
        if (string.IsNullOrWhiteSpace(cluster.ServiceId))
            yield return ("cluster.serviceId", "expected a name");
    }

    private static IEnumerable<(string Setting, string Problem)> ListenerErrors(ListenerOptions listener, string path)
    {
        foreach (var error in EndpointErrors(path, listener.Address, listener.Port))
            yield return error;
        if (string.IsNullOrWhiteSpace(listener.Name))
            yield return ($"{path}.name", "expected a name");
        var secure = listener.Type is ListenerType.Tls or ListenerType.Wss;
        var type = listener.Type.ToString().ToLowerInvariant();
        if (secure && listener.Tls is null)
            yield return ($"{path}.tls", $"a listener of type {type} needs \"tls\": {{ \"certificates\": [...] }}");
        if (!secure && listener.Tls is not null)
            yield return ($"{path}.tls", $"a listener of type {type} has no TLS; expected type tls or wss, or no \"tls\"");
        foreach (var error in TlsErrors(listener.Tls, $"{path}.tls"))
            yield return error;
        foreach (var error in NetworkErrors($"{path}.proxyProtocol.trustedSources", listener.ProxyProtocol?.TrustedSources))
            yield return error;
        foreach (var error in NetworkErrors($"{path}.webSocket.trustedProxies", listener.WebSocket.TrustedProxies))
            yield return error;
        if (listener.WebSocket.Paths.Count == 0)
            yield return ($"{path}.webSocket.paths", "expected at least one path");
        for (var i = 0; i < listener.WebSocket.Paths.Count; i++)
        {
            if (!listener.WebSocket.Paths[i].StartsWith('/'))
                yield return ($"{path}.webSocket.paths[{i}]", $"\"{listener.WebSocket.Paths[i]}\" is not a path; expected one that starts with /");
        }
        for (var i = 0; i < listener.WebSocket.AllowedOrigins?.Count; i++)
        {
            var origin = listener.WebSocket.AllowedOrigins[i];
            if (origin == "*")
                continue;
            if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri)
                || !uri.GetLeftPart(UriPartial.Authority).Equals(origin, StringComparison.OrdinalIgnoreCase))
                yield return ($"{path}.webSocket.allowedOrigins[{i}]", $"\"{origin}\" is not an origin; expected one such as https://app.example.com, or *");
        }
    }

    private static IEnumerable<(string Setting, string Problem)> TlsErrors(TlsOptions? tls, string path)
    {
        if (tls is null)
            yield break;
        if (tls.Versions.Count == 0)
            yield return ($"{path}.versions", "expected \"1.2\", \"1.3\" or both");
        if (tls.Certificates.Count == 0 && !tls.DevelopmentCertificate)
            yield return ($"{path}.certificates", "expected at least one certificate");
        if (tls.Certificates.Count > 0 && tls.DevelopmentCertificate)
            yield return ($"{path}.developmentCertificate", "expected either certificates or the development certificate, not both");
        if (tls.ClientCertificates != ClientCertificateMode.None && tls.ClientCaFile is null)
            yield return ($"{path}.clientCertificates", "client certificates need \"clientCaFile\"");
        if (tls.ClientCertificates == ClientCertificateMode.None && tls.ClientCaFile is not null)
            yield return ($"{path}.clientCaFile", "has no effect; expected \"clientCertificates\": \"optional\" or \"required\" beside it");
        if (tls is { ClientCaFile: null, ClientCrlFiles.Count: > 0 })
            yield return ($"{path}.clientCrlFiles", "has no effect; expected \"clientCaFile\" beside it");
        if (tls.CipherSuites is { Count: 0 })
            yield return ($"{path}.cipherSuites", "expected at least one name, or null for the usual ones");
        for (var i = 0; i < tls.CipherSuites?.Count; i++)
        {
            if (!Configuration.CipherSuites.TryParse(tls.CipherSuites[i], out _))
                yield return ($"{path}.cipherSuites[{i}]", $"\"{tls.CipherSuites[i]}\" is not a usable suite of TLS 1.2; expected a name such as TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");
        }
        for (var i = 0; i < tls.Certificates.Count; i++)
        {
            if (tls.Certificates[i].ServerNames is { Count: 0 })
                yield return ($"{path}.certificates[{i}].serverNames", "expected at least one name, or null to take them from the certificate");
        }
    }

    private static IEnumerable<(string Setting, string Problem)> NetworkErrors(string path, IReadOnlyList<string>? networks)
    {
        for (var i = 0; i < networks?.Count; i++)
        {
            if (!NetworkList.TryParse(networks[i], out _))
                yield return ($"{path}[{i}]", $"\"{networks[i]}\" is not a network; expected an address or a network such as 10.0.0.0/8");
        }
    }

    private static IEnumerable<(string Setting, string Problem)> Clashes(EdgeOptions options, int index)
    {
        var listener = options.Listeners[index];
        foreach (var earlier in options.Listeners.Take(index))
        {
            if (earlier.Name == listener.Name)
                yield return ($"listeners[{index}].name", $"\"{listener.Name}\" is the name of an earlier listener; expected a name of its own");
            if (listener.Port != 0 && earlier.Port == listener.Port && earlier.Address == listener.Address)
                yield return ($"listeners[{index}].port", $"{listener.Address}:{listener.Port} is taken by listener \"{earlier.Name}\"");
        }
        if (options.Management is { Port: not 0 } management && management.Port == listener.Port && management.Address == listener.Address)
            yield return ($"listeners[{index}].port", $"{listener.Address}:{listener.Port} is taken by management");
    }
}
