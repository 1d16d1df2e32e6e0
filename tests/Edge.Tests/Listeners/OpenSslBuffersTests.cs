using System.Net.Security;
using Starling.Edge.Configuration;
using Starling.Edge.Listeners.Tls;

namespace Starling.Edge.Tests.Listeners;

/// <summary>Fails when a new runtime keeps its objects elsewhere: a connection over TLS takes half as much memory again then.</summary>
public sealed class OpenSslBuffersTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task OpenSSL_is_told_to_give_back_the_buffers_of_idle_connections()
    {
        await using var broker = await TestBroker.StartAsync(new EdgeOptions
        {
            Listeners = [TestBroker.Listener(ListenerType.Tls) with { Tls = new() { Certificates = [_certificates.WriteNew("a", "a.test")] } }],
        });
        await using var client = await TestCertificates.HandshakeAsync(await broker.ConnectAsync(), "a.test");
        OpenSslBuffers.ReleaseWhenIdle(client).ShouldBe(OperatingSystem.IsLinux());
        (await client.EchoAsync("hello")).ShouldBe("hello");
        (await client.EchoAsync("hello again")).ShouldBe("hello again");
    }

    [Fact]
    public async Task A_stream_without_a_handshake_has_none()
    {
        await using var stream = new SslStream(new MemoryStream());
        OpenSslBuffers.ReleaseWhenIdle(stream).ShouldBeFalse();
    }
}
