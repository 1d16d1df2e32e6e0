using System.CommandLine;
using System.Net;
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

    private readonly Option<string?> _caFolder = new("--capath") { Description = "Trust the authorities in the PEM files of this folder instead of the system's." };

    private readonly Option<string?> _alpn = new("--tls-alpn") { Description = "The protocol to ask for in the TLS hand-shake (ALPN)." };

    private readonly Option<string?> _ciphers = new("--ciphers") { Description = "Cipher suites for TLS, by OpenSSL's names, with colons in between." };

    private readonly Option<string?> _from = new("-A") { Description = "The address of this machine to connect from." };

    private readonly Option<string?> _unix = new("--unix") { Description = "Connect over this Unix socket instead of host and port." };

    private readonly Option<string?> _proxy = new("--proxy") { Description = "Connect through a SOCKS5 proxy: socks5h://[user[:password]@]host[:port]" };

    private readonly Option<bool> _noDelay = new("--nodelay") { Description = "Send small packets at once, which is always done." };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[]
        {
            _url, _host, _port, _from, _unix, _proxy, _noDelay, _tls, _caFile, _caFolder, _insecure, _certificate, _key, _alpn, _ciphers,
        })
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
        var insecure = parsed.GetValue(_insecure);
        var certificate = parsed.GetValue(_certificate);
        var authorities = AuthoritiesIn(parsed);
        var url = UrlIn(parsed);
        var tls = url is null
            ? parsed.GetValue(_tls) || authorities is not null || insecure || certificate is not null
            : url.Scheme is "mqtts" or "wss";
        var webSocket = url?.Scheme is "ws" or "wss";
        var standard = (webSocket, tls) switch { (true, false) => 80, (true, true) => 443, (false, true) => 8883, _ => 1883 };
        var port = url is { Port: > 0 } ? url.Port : parsed.GetValue(_port) ?? standard;
        return new(url?.Host.Trim('[', ']') ?? parsed.GetRequiredValue(_host), port)
        {
            UseTls = tls,
            WebSocketPath = !webSocket ? null : url!.PathAndQuery == "/" ? "/mqtt" : url.PathAndQuery,
            UnixSocket = parsed.GetValue(_unix),
            From = FromIn(parsed),
            Proxy = ProxyIn(parsed),
            Trust = new(authorities, insecure),
            ClientCertificate = certificate is null ? null : ClientCertificate(certificate, parsed.GetValue(_key) ?? certificate),
            Alpn = parsed.GetValue(_alpn),
            CipherSuites = parsed.GetValue(_ciphers) is not { } ciphers ? null
                : CipherNames.Parse(ciphers) ?? throw new CliException($"--ciphers: '{ciphers}' has a name that is no cipher suite", ExitCodes.Usage),
        };
    }

    private static X509Certificate2 ClientCertificate(string file, string key)
    {
        // .NET would say that it does not match the certificate.
        if (File.ReadAllText(key) is var pem && (pem.Contains("BEGIN ENCRYPTED PRIVATE KEY", StringComparison.Ordinal) || pem.Contains("4,ENCRYPTED", StringComparison.Ordinal)))
            throw new CliException($"the private key in {key} is encrypted; make one that is not with: openssl pkey -in {key} -out NEW");
        return X509Certificate2.CreateFromPemFile(file, key);
    }

    private IPAddress? FromIn(ParseResult parsed) => parsed.GetValue(_from) is not { } text ? null
        : IPAddress.TryParse(text, out var address) ? address : throw new CliException($"-A is an address of this machine, not '{text}'", ExitCodes.Usage);

    private Proxy? ProxyIn(ParseResult parsed)
    {
        if (parsed.GetValue(_proxy) is not { } text)
            return null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var url) || url.Scheme is not ("socks5h" or "socks5") || url.Host.Length == 0)
            throw new CliException($"'{text}' is no proxy such as socks5h://host:1080", ExitCodes.Usage);
        var login = url.UserInfo.Length == 0 ? [] : url.UserInfo.Split(':', 2).Select(Uri.UnescapeDataString).ToArray();
        return new Proxy(url.Host.Trim('[', ']'), url.Port > 0 ? url.Port : 1080, login.ElementAtOrDefault(0), login.ElementAtOrDefault(1));
    }

    private X509Certificate2Collection? AuthoritiesIn(ParseResult parsed)
    {
        var (file, folder) = (parsed.GetValue(_caFile), parsed.GetValue(_caFolder));
        if (file is null && folder is null)
            return null;
        var authorities = new X509Certificate2Collection();
        if (file is not null)
            authorities.ImportFromPemFile(file);
        if (folder is not null)
        {
            foreach (var entry in Directory.EnumerateFiles(folder))
                authorities.ImportFromPem(File.ReadAllText(entry));
        }

        return authorities.Count > 0 ? authorities : throw new CliException($"{file ?? folder} has no certificate in it");
    }
}
