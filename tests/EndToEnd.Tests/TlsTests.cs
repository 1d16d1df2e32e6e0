using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Starling.EndToEnd.Tests.Harness;

namespace Starling.EndToEnd.Tests;

[Trait(nameof(SharedBroker.Broker), SharedBroker.Any)]
public sealed class TlsTests(SharedBroker shared)
{
    private readonly BrokerProcess _broker = shared.Broker;

    [Theory]
    [MemberData(nameof(Versions.All), MemberType = typeof(Versions))]
    public async Task Client_that_trusts_the_CA_is_served(string version)
    {
        var client = new Mosquitto(_broker) { Version = version, Listener = "tls", CaFile = _broker.CaFile };
        var topic = $"tls/{version}";
        await using var subscriber = await client.SubscribeAsync(topic, "-q", "2");

        await client.PublishAsync(topic, "secret", "-q", "2");

        (await subscriber.MessageAsync()).ShouldBe($"{topic}|secret|2|0");
    }

    [Fact]
    public async Task Client_that_trusts_another_CA_turns_away()
    {
        var otherCa = Path.GetTempFileName();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Another CA", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var ca = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        await File.WriteAllTextAsync(otherCa, ca.ExportCertificatePem(), TestContext.Current.CancellationToken);
        var client = new Mosquitto(_broker) { Listener = "tls", CaFile = otherCa };

        await using var publisher = client.StartPublish("tls/refused", "x", "-d");
        var output = await publisher.ExitAsync();
        File.Delete(otherCa);

        publisher.ExitCode.ShouldNotBe(0);
        output.ShouldContain(line => line.Contains("certificate verify failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Client_without_TLS_is_turned_away_from_the_TLS_port()
    {
        await using var publisher = new Mosquitto(_broker) { Listener = "tls" }.StartPublish("tls/plain", "x");

        await publisher.ExitAsync();

        publisher.ExitCode.ShouldNotBe(0);
    }
}
