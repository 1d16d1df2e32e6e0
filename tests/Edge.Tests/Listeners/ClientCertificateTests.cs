using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Starling.Edge.Configuration;
using Starling.Edge.Listeners.Tls;
using Starling.Hosting.Configuration;
using Starling.Testing;

namespace Starling.Edge.Tests.Listeners;

/// <summary>Client certificates over real connections: sessions that are resumed, and certificates that stop being good.</summary>
public sealed class ClientCertificateTests : IDisposable
{
    private readonly TestCertificates _certificates = new();
    private readonly ManualTime _time = new();

    /// <summary>TLS itself goes by the real clock.</summary>
    public ClientCertificateTests() => _time.Advance(TimeProvider.System.GetUtcNow() - _time.GetUtcNow());

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_client_that_sends_its_intermediate_certificate_may_come_again(SslProtocols protocol)
    {
        using var intermediate = _certificates.MakeIntermediate("Between");
        using var device = _certificates.Make("device7", issuer: intermediate);
        await using var broker = await StartAsync(Options());
        var context = SslStreamCertificateContext.Create(device, [intermediate], offline: true);

        for (var i = 0; i < 3; i++)
        {
            await using var client = new SslStream(await broker.ConnectAsync());
            await client.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "a.test",
                    EnabledSslProtocols = protocol,
                    RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
                    ClientCertificateContext = context,
                },
                TestContext.Current.CancellationToken);
            (await client.EchoAsync("hello")).ShouldBe("hello");
            var issuers = (await broker.Handler.ServedAsync()).ClientCertificate.ShouldNotBeNull().Presented.Issuers;
            issuers.ShouldBe([Thumbprint(intermediate), Thumbprint(_certificates.Authority)]);
        }
    }

    [Fact]
    public async Task A_connection_is_told_when_its_certificate_ends()
    {
        using var device = _certificates.Make("device7", _time.GetUtcNow().AddMinutes(10));
        await using var broker = await StartAsync(Options());
        await using var client = await TestCertificates.HandshakeAsync(await broker.ConnectAsync(), "a.test", device);
        var revoked = await RevocationAsync(broker, client);

        _time.Advance(TimeSpan.FromMinutes(9));
        revoked.IsCompleted.ShouldBeFalse();
        _time.Advance(TimeSpan.FromMinutes(2));

        await revoked.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_connection_is_told_when_another_CA_file_does_not_have_its_authority()
    {
        using var others = new TestCertificates();
        using var device = _certificates.Make("device7");
        await using var broker = await StartAsync(Options());
        await using var client = await TestCertificates.HandshakeAsync(await broker.ConnectAsync(), "a.test", device);
        var revoked = await RevocationAsync(broker, client);

        File.Copy(others.CaFile, _certificates.CaFile, overwrite: true);
        _time.Advance(TimeSpan.FromSeconds(10));

        await revoked.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_changed_CA_file_that_still_has_the_authority_closes_nobody()
    {
        using var others = new TestCertificates();
        using var device = _certificates.Make("device7");
        await using var broker = await StartAsync(Options());
        await using var client = await TestCertificates.HandshakeAsync(await broker.ConnectAsync(), "a.test", device);
        var revoked = await RevocationAsync(broker, client);

        await File.AppendAllTextAsync(_certificates.CaFile, "\n" + await File.ReadAllTextAsync(others.CaFile, TestContext.Current.CancellationToken), TestContext.Current.CancellationToken);
        _time.Advance(TimeSpan.FromSeconds(10));

        revoked.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_revoked_certificate_is_refused_and_closed_when_the_list_changes()
    {
        using var good = _certificates.Make("good");
        using var bad = _certificates.Make("bad");
        await using var broker = await StartAsync(Options() with { ClientCrlFiles = [_certificates.WriteRevoked("ca.crl")] });
        await using var first = await TestCertificates.HandshakeAsync(await broker.ConnectAsync(), "a.test", good);
        var goodRevoked = await RevocationAsync(broker, first);
        await using var second = await TestCertificates.HandshakeAsync(await broker.ConnectAsync(), "a.test", bad);
        var badRevoked = await RevocationAsync(broker, second);

        _certificates.WriteRevoked("ca.crl", bad);
        _time.Advance(TimeSpan.FromSeconds(10));

        await badRevoked.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        goodRevoked.IsCompleted.ShouldBeFalse();
        await using var again = await TestCertificates.HandshakeAsync(await broker.ConnectAsync(), "a.test", bad, SslProtocols.Tls13);
        (await again.ReceiveToEndAsync()).ShouldBeEmpty();
        (await broker.RefusedAsync("tls_handshake")).ShouldBe(1);
    }

    [Fact]
    public async Task A_list_that_somebody_else_signed_stops_the_start()
    {
        using var others = new TestCertificates();
        var options = Options() with { ClientCrlFiles = [others.WriteRevoked("ca.crl")] };

        // Both authorities have the same name: it is the signature that tells.
        var error = await Should.ThrowAsync<SettingException>(() => StartAsync(options));

        error.Setting.ShouldBe("listeners[0].tls.clientCrlFiles[0]");
        error.Message.ShouldContain("not signed");
    }

    [Fact]
    public void The_certificate_is_found_by_each_form_of_the_server_name()
    {
        var plain = Load("plain.test");
        var international = Load("xn--bcher-kva.example");
        var identity = new TlsIdentity(new TlsOptions(), [Load("default.test"), plain, international], clients: null);

        foreach (var name in (string[])["plain.test", "PLAIN.test."])
            identity.Select(name, connection: null!).ServerCertificateContext.ShouldBe(plain.Context);
        foreach (var name in (string[])["bücher.example", "xn--bcher-kva.example", "BÜCHER.example."])
            identity.Select(name, connection: null!).ServerCertificateContext.ShouldBe(international.Context);
    }

    [Theory]
    [InlineData(null, TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, false)]
    [InlineData("TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, true)]
    [InlineData("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, true)]
    [InlineData("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, false)]
    public async Task The_suites_of_TLS_1_2_are_those_of_the_settings(string? setting, TlsCipherSuite offered, bool works)
    {
        await using var broker = await StartAsync(Options() with
        {
            ClientCertificates = ClientCertificateMode.None,
            ClientCaFile = null,
            CipherSuites = setting is null ? null : [setting],
        });

        var handshake = async () =>
        {
            await using var tls = new SslStream(await broker.ConnectAsync());
            await tls.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = "a.test",
                    EnabledSslProtocols = SslProtocols.Tls12,
                    RemoteCertificateValidationCallback = static (_, certificate, _, _) => certificate is not null,
                    CipherSuitesPolicy = Only(offered),
                },
                TestContext.Current.CancellationToken);
        };

        if (works)
            await handshake.ShouldNotThrowAsync();
        else
            await handshake.ShouldThrowAsync<Exception>();
        // TLS 1.3 has suites of its own.
        await using var modern = await TestCertificates.HandshakeAsync(await broker.ConnectAsync(), "a.test", protocols: SslProtocols.Tls13);
        (await modern.EchoAsync("hello")).ShouldBe("hello");
    }

    [Theory]
    [InlineData("AES128-SHA")]
    [InlineData("TLS_AES_128_GCM_SHA256")]
    [InlineData("TLS_RSA_WITH_NULL_SHA256")]
    [InlineData("TLS_DH_anon_WITH_AES_128_CBC_SHA")]
    [InlineData("47")]
    public void What_is_no_usable_suite_of_TLS_1_2_is_a_mistake(string name)
    {
        var listener = TestBroker.Listener(ListenerType.Tls) with { Tls = Options() with { CipherSuites = [name] } };

        OptionsValidator.FirstError(new EdgeOptions { Listeners = [listener] }).ShouldNotBeNull().Setting.ShouldBe("listeners[0].tls.cipherSuites[0]");
    }

    [SuppressMessage("Interoperability", "CA1416:Validate platform compatibility", Justification = "The tests run where clients can choose.")]
    private static CipherSuitesPolicy Only(TlsCipherSuite suite) => new([suite]);

    private static async Task<Task> RevocationAsync(TestBroker broker, SslStream client)
    {
        await client.EchoAsync("hello");
        var revoked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (await broker.Handler.ServedAsync()).ClientCertificate.ShouldNotBeNull().OnRevoked(revoked.SetResult);
        return revoked.Task;
    }

    private static string Thumbprint(X509Certificate2 certificate) => certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256);

    private ServerCertificate Load(string name) => CertificateFiles.Load(_certificates.WriteNew(name, name), static file => file);

    private TlsOptions Options() => new()
    {
        Certificates = [_certificates.WriteNew("a", "a.test")],
        ClientCertificates = ClientCertificateMode.Required,
        ClientCaFile = _certificates.CaFile,
    };

    private Task<TestBroker> StartAsync(TlsOptions tls) =>
        TestBroker.StartAsync(new EdgeOptions { Listeners = [TestBroker.Listener(ListenerType.Tls) with { Tls = tls }] }, time: _time);
}
