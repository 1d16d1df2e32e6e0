using Starling.Edge.Configuration;
using Starling.Hosting.Configuration;

namespace Starling.Edge.Tests.Configuration;

public sealed class ConfigurationLoaderTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("starling-tests-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void A_full_file_is_read_with_comments_and_trailing_commas()
    {
        var options = Load("""
            {
              // where clients come in
              "listeners": [
                { "name": "a", "type": "wss", "address": "::", "port": 8084, "tenant": "acme",
                  "proxyProtocol": { "trustedSources": ["10.0.0.0/8"] },
                  "tls": { "versions": ["1.3"], "certificates": [{ "file": "a.pem", "keyFile": "a.key", "serverNames": ["a.test"] }],
                           "clientCertificates": "required", "clientCaFile": "ca.pem" },
                  "webSocket": { "paths": ["/x"], "allowedOrigins": ["https://a.test"], "trustedProxies": ["::1"] }, },
              ],
              "limits": { "connectTimeout": "1.5s", "outgoingQueueBytes": "2MiB", "maximumConnectPacketSize": 1024 },
              "logging": { "level": "warning", "format": "json" },
              "shutdownTimeout": "5m",
            }
            """);
        var listener = options.Listeners.ShouldHaveSingleItem();
        listener.Type.ShouldBe(ListenerType.Wss);
        listener.Tls!.Versions.ShouldBe([TlsVersion.Tls13]);
        listener.Tls.ClientCertificates.ShouldBe(ClientCertificateMode.Required);
        listener.WebSocket.Paths.ShouldBe(["/x"]);
        options.Limits.ConnectTimeout.ShouldBe(TimeSpan.FromSeconds(1.5));
        options.Limits.OutgoingQueueBytes.ShouldBe(2 << 20);
        options.Limits.MaximumConnectPacketSize.ShouldBe(1024);
        options.Limits.HalfOpenPerAddress.ShouldBe(100);
        options.ShutdownTimeout.ShouldBe(TimeSpan.FromMinutes(5));
        options.Logging.Format.ShouldBe(LogFormat.Json);
        options.Resolve("a.pem").ShouldBe(Path.Combine(_directory.FullName, "a.pem"));
    }

    [Theory]
    [InlineData("listeners[0].prot", 3, """
        { "listeners": [
            { "type": "tcp",
              "prot": 1 } ] }
        """)]
    [InlineData("listeners[0]", 2, """
        { "listeners": [
            { "type": "tcp" } ] }
        """)]
    [InlineData("listeners[1].port", 3, """
        { "listeners": [
            { "type": "tcp", "port": 1 },
            { "type": "tcp", "port": "x" } ] }
        """)]
    [InlineData("listeners[0].port", 2, """
        { "listeners": [ { "type": "tcp",
            "port": 70000 } ] }
        """)]
    [InlineData("listeners[0].port", 3, """
        { "listeners": [ { "type": "tcp",
            "port": 1,
            "port": 2 } ] }
        """)]
    [InlineData("listeners[0].type", 1, """{ "listeners": [ { "type": "udp", "port": 1 } ] }""")]
    [InlineData("listeners[0].address", 1, """{ "listeners": [ { "type": "tcp", "port": 1, "address": "localhost" } ] }""")]
    [InlineData("listeners[0].tls", 1, """{ "listeners": [ { "type": "tls", "port": 1 } ] }""")]
    [InlineData("listeners[0].tls", 1, """{ "listeners": [ { "type": "tcp", "port": 1, "tls": { "developmentCertificate": true } } ] }""")]
    [InlineData("listeners[0].tls.certificates", 1, """{ "listeners": [ { "type": "tls", "port": 1, "tls": {} } ] }""")]
    [InlineData("listeners[0].tls.clientCertificates", 1, """{ "listeners": [ { "type": "tls", "port": 1, "tls": { "developmentCertificate": true, "clientCertificates": "required" } } ] }""")]
    [InlineData("listeners[0].tls.versions[0]", 1, """{ "listeners": [ { "type": "tls", "port": 1, "tls": { "versions": ["1.1"], "developmentCertificate": true } } ] }""")]
    [InlineData("listeners[0].proxyProtocol.trustedSources[0]", 1, """{ "listeners": [ { "type": "tcp", "port": 1, "proxyProtocol": { "trustedSources": ["10.0.0.0/33"] } } ] }""")]
    [InlineData("listeners[0].webSocket.allowedOrigins[0]", 1, """{ "listeners": [ { "type": "ws", "port": 1, "webSocket": { "allowedOrigins": ["https://a.test/"] } } ] }""")]
    [InlineData("listeners[1].name", 1, """{ "listeners": [ { "name": "a", "type": "ws", "port": 1 }, { "name": "a", "type": "ws", "port": 2 } ] }""")]
    [InlineData("listeners[1].port", 1, """{ "listeners": [ { "name": "a", "type": "ws", "port": 1 }, { "type": "tcp", "port": 1 } ] }""")]
    [InlineData("listeners", 1, """{ "listeners": [ ] }""")]
    [InlineData("listeners", 1, """{ "listeners": { } }""")]
    [InlineData("limits.connectTimeout", 2, """
        { "listeners": [ { "type": "tcp", "port": 1 } ],
          "limits": { "connectTimeout": 5 } }
        """)]
    [InlineData("limits.connectTimeout", 2, """
        { "listeners": [ { "type": "tcp", "port": 1 } ],
          "limits": { "connectTimeout": "5 parsecs" } }
        """)]
    [InlineData("limits.outgoingQueueBytes", 2, """
        { "listeners": [ { "type": "tcp", "port": 1 } ],
          "limits": { "outgoingQueueBytes": "1KB" } }
        """)]
    [InlineData("storage", 2, """
        { "listeners": [ { "type": "tcp", "port": 1 } ],
          "storage": { "maximumConnections": 3 } }
        """)]
    [InlineData("storage.connectionString", 2, """
        { "listeners": [ { "type": "tcp", "port": 1 } ],
          "storage": { "connectionString": "Host=a;Database=b" } }
        """)]
    [InlineData("storage.maximumConnections", 3, """
        { "listeners": [ { "type": "tcp", "port": 1 } ],
          "storage": { "connectionString": "Host=a;Database=b;Username=c",
            "maximumConnections": 0 } }
        """)]
    [InlineData("storage.queueBytes", 3, """
        { "listeners": [ { "type": "tcp", "port": 1 } ],
          "storage": { "connectionString": "Host=a;Database=b;Username=c",
            "queueBytes": "1KiB" } }
        """)]
    [InlineData("tenantsFile", 2, """
        { "listeners": [ { "type": "tcp", "port": 1 } ],
          "tenantsFile": "tenants.json",
          "storage": { "connectionString": "Host=a;Database=b;Username=c", "tenants": true } }
        """)]
    [InlineData("storage", 2, """
        { "listeners": [ { "type": "tcp", "port": 1 } ],
          "storage": { "tenants": true } }
        """)]
    [InlineData("limits", 1, """{ "listeners": [ { "type": "tcp", "port": 1 } ], "limits": null }""")]
    [InlineData("unknown", 1, """{ "unknown": 1 }""")]
    [InlineData("", 2, """
        { "listeners": [ { "type": "tcp", "port": 1 }
          "limits": {} }
        """)]
    public void An_error_names_file_line_and_setting(string setting, int line, string json)
    {
        var error = Should.Throw<SettingException>(() => Load(json));
        error.Setting.ShouldBe(setting);
        error.Origin.ShouldBe($"{FileName}:{line}");
        error.Problem.ShouldNotContain("\n");
    }

    [Fact]
    public void An_error_never_shows_a_password()
    {
        var error = Should.Throw<SettingException>(() => Load("""
            { "listeners": [ { "type": "tls", "port": 1, "tls": { "certificates": [ { "file": "a.pfx", "password": 12345 } ] } } ] }
            """));
        error.Setting.ShouldBe("listeners[0].tls.certificates[0].password");
        error.Message.ShouldNotContain("12345");
    }

    [Theory]
    [InlineData("storage=Host=a;Database=b;Username=c;Password=s3cret", "storage")]
    [InlineData("storage=\"Host=a;Database=b;Username=c;Password=s3cret\"", "storage")]
    [InlineData("storage.connectionString=Host=a;Database=b;Username=c;Password=x;s3cret=y", "storage.connectionString")]
    [InlineData("storage.connectionString.x=Host=a;Database=b;Username=c;Password=s3cret", "storage.connectionString.x")]
    [InlineData("storage={\"connectionString\":\"Password=s3cret\"}", "storage.connectionString")]
    [InlineData("storage={\"connectionString\":[\"Password=s3cret\"]}", "storage.connectionString")]
    [InlineData("telemetry.otlp={\"endpoint\":\"http://a\",\"headers\":\"s3cret\"}", "telemetry.otlp.headers")]
    public void An_error_never_shows_the_password_of_a_connection_string(string argument, string setting)
    {
        var error = Should.Throw<SettingException>(() => Load("{}", argument));
        error.Setting.ShouldBe(setting);
        error.Message.ShouldNotContain("s3cret");
        error.Origin.ShouldBe("--set");
    }

    [Fact]
    public void Storage_is_memory_unless_a_database_is_named()
    {
        Load("{}").Storage.ShouldBeNull();
        var overrides = SettingOverride.FromEnvironment(
            [new("STARLING__STORAGE__CONNECTION_STRING", "Host=a;Database=b;Username=c"), new("STARLING__STORAGE__QUEUE_BYTES", "2MiB")]);
        var storage = ConfigurationLoader.Load(null, overrides).Options.Storage.ShouldNotBeNull();
        storage.ConnectionString.ShouldBe("Host=a;Database=b;Username=c");
        storage.MaximumConnections.ShouldBe(8);
        storage.StartTimeout.ShouldBe(TimeSpan.FromSeconds(30));
        storage.QueueBytes.ShouldBe(2 << 20);
    }

    [Fact]
    public void A_missing_file_is_told()
    {
        var error = Should.Throw<SettingException>(() => ConfigurationLoader.Load("/nowhere/starling.json", []));
        error.Origin.ShouldBe("/nowhere/starling.json");
        error.Problem.ShouldBe("there is no such file");
    }

    [Fact]
    public void The_development_defaults_are_on_loopback_for_the_tenant_demo()
    {
        var (options, _) = ConfigurationLoader.Load(null, []);
        options.Listeners.Select(listener => (listener.Type, listener.Port)).ShouldBe(
            [(ListenerType.Tcp, 1883), (ListenerType.Tls, 8883), (ListenerType.Ws, 8083), (ListenerType.Wss, 8084)]);
        options.Listeners.ShouldAllBe(listener => listener.Address == "127.0.0.1" && listener.Tenant == "demo");
        options.Management!.Port.ShouldBe(8080);
    }

    [Theory]
    [InlineData("limits.connectTimeout=5s")]
    [InlineData("Limits.ConnectTimeout=5s")]
    public void A_setting_is_overridden_on_the_command_line(string argument) =>
        Load("{}", argument).Limits.ConnectTimeout.ShouldBe(TimeSpan.FromSeconds(5));

    [Fact]
    public void Lists_groups_and_null_are_overridden_too()
    {
        var options = Load("""{ "listeners": [ { "type": "tcp", "port": 1 } ] }""",
            "listeners.0.port=2", "listeners[1]={\"type\":\"ws\",\"port\":3}", "listeners.0.tenant=123", "listeners.0.proxyProtocol.trustedSources.0=::1", "management=null");
        options.Listeners[0].Port.ShouldBe(2);
        options.Listeners[0].Tenant.ShouldBe("123");
        options.Listeners[0].ProxyProtocol!.TrustedSources.ShouldBe(["::1"]);
        options.Listeners[1].Type.ShouldBe(ListenerType.Ws);
        options.Management.ShouldBeNull();
    }

    [Fact]
    public void The_environment_overrides_and_nothing_but_its_own_prefix_counts()
    {
        var overrides = SettingOverride.FromEnvironment(
        [
            new("STARLING__LIMITS__CONNECT_TIMEOUT", "5s"),
            new("STARLING__LISTENERS__0__PORT", "1884"),
            new("STARLING_SERVICE_HOST", "10.0.0.1"),
            new("PATH", "/bin"),
        ]);
        var (options, _) = ConfigurationLoader.Load(null, overrides);
        options.Limits.ConnectTimeout.ShouldBe(TimeSpan.FromSeconds(5));
        options.Listeners[0].Port.ShouldBe(1884);
    }

    [Theory]
    [InlineData("limits.foo=5", "limits.foo")]
    [InlineData("listeners.7.port=5", "listeners")]
    [InlineData("limits.connectTimeout=5", "limits.connectTimeout")]
    [InlineData("limits.connectTimeout.x=5", "limits.connectTimeout.x")]
    [InlineData("listeners=[{\"type\":\"tcp\",\"port\":99999}]", "listeners[0].port")]
    [InlineData("telemetry.traceRatio=1.1", "telemetry.traceRatio")]
    [InlineData("telemetry.traceRatio=some", "telemetry.traceRatio")]
    [InlineData("telemetry.maximumTenants=0", "telemetry.maximumTenants")]
    [InlineData("telemetry.serviceName= ", "telemetry.serviceName")]
    [InlineData("telemetry.otlp={}", "telemetry.otlp")]
    [InlineData("telemetry.otlp={\"endpoint\":\"collector:4317\"}", "telemetry.otlp.endpoint")]
    [InlineData("telemetry.otlp={\"endpoint\":\"http://a\",\"protocol\":\"tcp\"}", "telemetry.otlp.protocol")]
    [InlineData("telemetry.otlp={\"endpoint\":\"http://a\",\"headers\":\"key\"}", "telemetry.otlp.headers")]
    [InlineData("telemetry.otlp={\"endpoint\":\"http://a\",\"signals\":[]}", "telemetry.otlp.signals")]
    [InlineData("telemetry.otlp={\"endpoint\":\"http://a\",\"signals\":[\"logs\",\"logs\"]}", "telemetry.otlp.signals")]
    [InlineData("telemetry.otlp={\"endpoint\":\"http://a\",\"signals\":[\"events\"]}", "telemetry.otlp.signals[0]")]
    [InlineData("telemetry.otlp={\"endpoint\":\"http://a\",\"metricInterval\":\"10m\"}", "telemetry.otlp.metricInterval")]
    public void A_wrong_override_is_told_as_such(string argument, string setting)
    {
        var error = Should.Throw<SettingException>(() => ConfigurationLoader.Load(null, [SettingOverride.FromArgument(argument)]));
        error.Setting.ShouldBe(setting);
        error.Origin.ShouldBe("--set");
    }

    [Fact]
    public void Every_setting_is_in_the_documentation_and_nothing_else()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root!.FullName, "Cluster.sln")))
            root = root.Parent;
        var documented = File.ReadLines(Path.Combine(root.FullName, "docs", "configuration.md"))
            .SkipWhile(line => line != "## Settings").Skip(1).TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1]).ToList();
        documented.Order().ShouldBe(new SettingSchema(typeof(EdgeOptions)).All().Select(setting => setting.Path).Order());
    }

    private string FileName => Path.Combine(_directory.FullName, "starling.json");

    private EdgeOptions Load(string json, params string[] overrides)
    {
        File.WriteAllText(FileName, json == "{}" ? """{ "listeners": [ { "type": "tcp", "port": 1 } ] }""" : json);
        return ConfigurationLoader.Load(FileName, overrides.Select(SettingOverride.FromArgument)).Options;
    }
}
