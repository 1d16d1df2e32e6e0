using System.CommandLine;
using System.Security.Cryptography.X509Certificates;
using Starling.Cli.Client;
using Starling.Cli.Context;

namespace Starling.Cli.Commands;

/// <summary>Where to connect to; the same for pub and sub, and named as mosquitto's clients name them.</summary>
internal sealed class ConnectionOptions
{
    private readonly Option<string?> _url = new("--url", "-L")
    {
        Description = "mqtt://, mqtts://, ws:// or wss://[user[:password]@]host[:port][/topic, or the path of a WebSocket]",
    };

    private readonly Option<string> _host = new("--host", "-h") { Description = "The broker's host.", DefaultValueFactory = _ => "localhost" };

    private readonly Option<ushort?> _port = new("--port", "-p") { Description = "The broker's port: 1883, or 8883 with TLS, unless said otherwise." };

    private readonly Option<bool> _tls = new("--tls") { Description = "Use TLS (--cafile, --cert or --insecure imply it)." };

    private readonly Option<string?> _caFile = new("--cafile") { Description = "Trust the authorities in this PEM file instead of the system's." };

    private readonly Option<bool> _insecure = new("--insecure") { Description = "Don't check the server's name, or, without --cafile, its certificate." };

    private readonly Option<string?> _certificate = new("--cert") { Description = "PEM file with the client's certificate." };

    private readonly Option<string?> _key = new("--key") { Description = "PEM file with its private key, if that is not in the same file." };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _url, _host, _port, _tls, _caFile, _insecure, _certificate, _key })
            command.Options.Add(option);
    }

    public Uri? UrlIn(ParseResult parsed)
    {
        if (parsed.GetValue(_url) is not { } text)
            return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "mqtt" or "mqtts" or "ws" or "wss" && url.Host.Length > 0)
            return url;
        throw new CliException($"'{text}' is no URL such as mqtt://host:1883/topic or wss://host/mqtt", ExitCodes.Usage);
    }

    public Endpoint EndpointIn(ParseResult parsed)
    {
        var caFile = parsed.GetValue(_caFile);
        var insecure = parsed.GetValue(_insecure);
        var certificate = parsed.GetValue(_certificate);
        var url = UrlIn(parsed);
        var tls = url is null
            ? parsed.GetValue(_tls) || caFile is not null || insecure || certificate is not null
            : url.Scheme is "mqtts" or "wss";
        var webSocket = url?.Scheme is "ws" or "wss";
        var standard = (webSocket, tls) switch { (true, false) => 80, (true, true) => 443, (false, true) => 8883, _ => 1883 };
        var port = url is { Port: > 0 } ? url.Port : parsed.GetValue(_port) ?? standard;
        return new(url?.Host.Trim('[', ']') ?? parsed.GetRequiredValue(_host), port)
        {
            UseTls = tls,
            WebSocketPath = !webSocket ? null : url!.PathAndQuery == "/" ? "/mqtt" : url.PathAndQuery,
            Trust = new(caFile is null ? null : Authorities(caFile), insecure),
            ClientCertificate = certificate is null ? null : X509Certificate2.CreateFromPemFile(certificate, parsed.GetValue(_key) ?? certificate),
        };
    }

    private static X509Certificate2Collection Authorities(string file)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(file);
        return authorities.Count > 0 ? authorities : throw new CliException($"{file} has no certificate in it");
    }
}
