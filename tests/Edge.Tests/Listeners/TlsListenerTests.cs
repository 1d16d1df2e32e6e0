using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Starling.Edge.Configuration;
using Starling.Hosting.Configuration;

namespace Starling.Edge.Tests.Listeners;

public sealed class TlsListenerTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Theory]
    [InlineData("mqtt.example.com", "mqtt.example.com")]
    [InlineData("MQTT.example.com", "mqtt.example.com")]
    [InlineData("acme.example.com", "*.example.com")]
    [InlineData("a.b.example.com", "default.test")]
    [InlineData("elsewhere.test", "default.test")]
    public async Task The_certificate_follows_the_server_name(string serverName, string expected)
    {
        await using var broker = await StartAsync(new()
        {
            Certificates = [_certificates.WriteNew("a", "default.test"), _certificates.WriteNew("b", "*.example.com"), _certificates.WriteNew("c", "mqtt.example.com")],
        });
        await using var client = await TestCertificates.HandshakeAsync(await broker.ConnectAsync(), serverName);
        NameOf(client).ShouldBe(expected);
        (await client.EchoAsync("hello")).ShouldBe("hello");
        var served = await broker.Handler.ServedAsync();
        served.ServerName.ShouldBe(serverName.ToLowerInvariant());
        served.IsSecure.ShouldBeTrue();
    }

    [Fact]
    public async Task Names_in_the_settings_win_over_those_in_the_certificate()
    {
        await using var broker = await StartAsync(new()
        {
            Certificates = [_certificates.WriteNew("a", "default.test"), _certificates.WriteNew("b", "b.test") with { ServerNames = ["Other.test"] }],
        });
        await using var client = await TestCertificates.HandshakeAsync(await broker.ConnectAsync(), "other.test");
        NameOf(client).ShouldBe("b.test");
    }

    [Fact]
    public async Task A_PKCS12_file_with_a_password_is_used()
    {
        await File.WriteAllBytesAsync(_certificates.Path("a.pfx"), _certificates.Make("pfx.test").Export(X509ContentType.Pkcs12, "secret"), TestContext.Current.CancellationToken);
        await using var broker = await StartAsync(new() { Certificates = [new() { File = _certificates.Path("a.pfx"), Password = "secret" }] });
        await using var client = await TestCertificates.HandshakeAsync(await broker.ConnectAsync(), "pfx.test");
        NameOf(client).ShouldBe("pfx.test");
    }

    [Fact]
    public async Task A_changed_certificate_is_used_for_new_connections_while_old_ones_stay()
    {
        var time = new Testing.ManualTime();
        await using var broker = await StartAsync(new() { Certificates = [_certificates.WriteNew("a", "before.test")] }, time: time);
        await using var old = await TestCertificates.HandshakeAsync(await broker.ConnectAsync(), "a.test");
        await old.EchoAsync("x");
        _certificates.WriteNew("a", "after.test");
        time.Advance(TimeSpan.FromSeconds(10));
        await using var young = await TestCertificates.HandshakeAsync(await broker.ConnectAsync(), "a.test");
        NameOf(young).ShouldBe("after.test");
        (await old.EchoAsync("still here")).ShouldBe("still here");
    }

    [Fact]
    public async Task A_broken_certificate_file_leaves_the_old_one_in_use_until_it_is_right()
    {
        var time = new Testing.ManualTime();
        await using var broker = await StartAsync(new() { Certificates = [_certificates.WriteNew("a", "before.test")] }, time: time);
        await File.WriteAllTextAsync(_certificates.Path("a.pem"), _certificates.Make("broken.test").ExportCertificatePem(), TestContext.Current.CancellationToken);
        time.Advance(TimeSpan.FromSeconds(10));
        await using (var client = await TestCertificates.HandshakeAsync(await broker.ConnectAsync(), "a.test"))
            NameOf(client).ShouldBe("before.test");
        _certificates.WriteNew("a", "after.test");
        time.Advance(TimeSpan.FromSeconds(10));
        await using var later = await TestCertificates.HandshakeAsync(await broker.ConnectAsync(), "a.test");
        NameOf(later).ShouldBe("after.test");
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_used_stops_the_start_and_names_the_setting()
    {
        var options = new TlsOptions { Certificates = [new() { File = _certificates.Path("missing.pem") }] };
        var error = await Should.ThrowAsync<SettingException>(() => StartAsync(options));
        error.Setting.ShouldBe("listeners[0].tls.certificates[0].file");
    }

    [Theory]
    [InlineData(TlsVersion.Tls12, SslProtocols.Tls12, true)]
    [InlineData(TlsVersion.Tls13, SslProtocols.Tls13, true)]
    [InlineData(TlsVersion.Tls13, SslProtocols.Tls12, false)]
    [InlineData(TlsVersion.Tls12, SslProtocols.Tls13, false)]
    public async Task Only_the_configured_versions_are_spoken(TlsVersion configured, SslProtocols offered, bool works)
    {
        await using var broker = await StartAsync(new() { Versions = [configured], Certificates = [_certificates.WriteNew("a", "a.test")] });
        var handshake = async () =>
        {
            await using var client = await TestCertificates.HandshakeAsync(await broker.ConnectAsync(), "a.test", protocols: offered);
        };
        if (works)
            await handshake.ShouldNotThrowAsync();
        else
            await handshake.ShouldThrowAsync<Exception>();
    }

    [Fact]
    public async Task A_client_certificate_of_the_authority_is_given_to_the_handler()
    {
        await using var broker = await StartAsync(WithClientCertificates(ClientCertificateMode.Required));
        await using var client = await TestCertificates.HandshakeAsync(await broker.ConnectAsync(), "a.test", _certificates.Make("device7"));
        (await client.EchoAsync("hello")).ShouldBe("hello");
        (await broker.Handler.ServedAsync()).ClientCertificate.ShouldNotBeNull().Presented.Leaf.Subject.ShouldBe("CN=device7");
    }

    [Fact]
    public async Task A_client_certificate_of_another_authority_is_refused()
    {
        using var others = new TestCertificates();
        await using var broker = await StartAsync(WithClientCertificates(ClientCertificateMode.Optional));
        await AssertRefusedAsync(broker, others.Make("device7"));
    }

    [Fact]
    public async Task An_expired_client_certificate_is_refused()
    {
        await using var broker = await StartAsync(WithClientCertificates(ClientCertificateMode.Required));
        await AssertRefusedAsync(broker, _certificates.Make("device7", new DateTimeOffset(2025, 2, 1, 0, 0, 0, TimeSpan.Zero)));
    }

    [Fact]
    public async Task A_client_without_certificate_is_refused_where_one_is_required()
    {
        await using var broker = await StartAsync(WithClientCertificates(ClientCertificateMode.Required));
        await AssertRefusedAsync(broker, null);
    }

    [Fact]
    public async Task A_client_without_certificate_comes_in_where_one_is_optional()
    {
        await using var broker = await StartAsync(WithClientCertificates(ClientCertificateMode.Optional));
        await using var client = await TestCertificates.HandshakeAsync(await broker.ConnectAsync(), "a.test");
        (await client.EchoAsync("hello")).ShouldBe("hello");
        (await broker.Handler.ServedAsync()).ClientCertificate.ShouldBeNull();
    }

    [Fact]
    public async Task What_is_not_TLS_is_closed_and_counted()
    {
        await using var broker = await StartAsync(new() { Certificates = [_certificates.WriteNew("a", "a.test")] });
        await using var client = await broker.ConnectAsync();
        await client.SendAsync("\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\0");
        (await client.ReceiveToEndAsync()).ShouldBeEmpty();
        (await broker.RefusedAsync("not_tls")).ShouldBe(1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\x16\x03\x01")]
    public async Task A_slow_handshake_is_closed_at_the_deadline_and_counted(string sent)
    {
        var limits = new LimitOptions { ConnectTimeout = TimeSpan.FromMilliseconds(200) };
        await using var broker = await StartAsync(new() { Certificates = [_certificates.WriteNew("a", "a.test")] }, limits);
        await using var client = await broker.ConnectAsync();
        await client.SendAsync(sent);
        (await client.ReceiveToEndAsync()).ShouldBeEmpty();
        (await broker.RefusedAsync("tls_timeout")).ShouldBe(1);
    }

    [Fact]
    public async Task Large_data_goes_both_ways()
    {
        await using var broker = await StartAsync(new() { Certificates = [_certificates.WriteNew("a", "a.test")] });
        await using var client = await TestCertificates.HandshakeAsync(await broker.ConnectAsync(), "a.test");
        var text = string.Concat(Enumerable.Range(0, 100_000).Select(i => (char)('a' + i % 26)));
        var sending = client.SendAsync(text);
        (await client.ReceiveAsync(text.Length)).ShouldBe(text);
        await sending;
    }

    [Fact]
    public async Task What_the_handler_sent_last_arrives_before_the_close()
    {
        await using var broker = await StartAsync(new() { Certificates = [_certificates.WriteNew("a", "a.test")] });
        await using var client = await TestCertificates.HandshakeAsync(await broker.ConnectAsync(), "a.test");
        await client.EchoAsync("x");
        await broker.Host.StopAsync();
        (await client.ReceiveToEndAsync()).ShouldBe("bye");
    }

    private static string NameOf(SslStream stream) => ((X509Certificate2)stream.RemoteCertificate!).GetNameInfo(X509NameType.SimpleName, false);

    private static Task<TestBroker> StartAsync(TlsOptions tls, LimitOptions? limits = null, TimeProvider? time = null) =>
        TestBroker.StartAsync(new EdgeOptions { Listeners = [TestBroker.Listener(ListenerType.Tls) with { Tls = tls }], Limits = limits ?? new() }, time: time);

    private TlsOptions WithClientCertificates(ClientCertificateMode mode) =>
        new() { Certificates = [_certificates.WriteNew("a", "a.test")], ClientCertificates = mode, ClientCaFile = _certificates.CaFile };

    private static async Task AssertRefusedAsync(TestBroker broker, X509Certificate2? certificate)
    {
        try
        {
            await using var client = await TestCertificates.HandshakeAsync(await broker.ConnectAsync(), "a.test", certificate);
            // With TLS 1.3 the client is done before the server has judged its certificate.
            (await client.ReceiveToEndAsync()).ShouldBeEmpty();
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
        }
        (await broker.RefusedAsync("tls_handshake")).ShouldBe(1);
    }
}
