using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Starling.Cli.Tests;

public sealed class TlsTests : IDisposable
{
    private readonly X509Certificate2 _authority;
    private readonly X509Certificate2 _server;
    private readonly string _caFile = Path.GetTempFileName();

    public TlsTests()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var root = new CertificateRequest("CN=test authority", key, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _authority = root.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        using var serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=broker", serverKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(_authority, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(99), [1, 2, 3]);
        _server = issued.CopyWithPrivateKey(serverKey);
        File.WriteAllText(_caFile, _authority.ExportCertificatePem());
    }

    public void Dispose()
    {
        _authority.Dispose();
        _server.Dispose();
        File.Delete(_caFile);
    }

    [Fact]
    public async Task A_server_of_the_given_authority_is_trusted() => (await PubAsync("localhost", "--cafile", _caFile)).ShouldBe(new Cli(0, "", ""));

    [Fact]
    public async Task A_server_by_another_name_is_not_trusted_unless_told_so()
    {
        (await PubAsync("127.0.0.1", "--cafile", _caFile)).ExitCode.ShouldBe(1);
        (await PubAsync("127.0.0.1", "--cafile", _caFile, "--insecure")).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task An_unknown_server_is_not_trusted_unless_told_so()
    {
        var run = await PubAsync("localhost", "--tls");
        run.ExitCode.ShouldBe(1);
        run.Error.ShouldStartWith("starling: can't connect to mqtts://localhost:");
        (await PubAsync("localhost", "--insecure")).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task A_server_of_another_authority_is_not_trusted_even_without_checking_names()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=other", key, HashAlgorithmName.SHA256);
        using var other = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        await File.WriteAllTextAsync(_caFile, other.ExportCertificatePem(), TestContext.Current.CancellationToken);

        (await PubAsync("localhost", "--cafile", _caFile, "--insecure")).ExitCode.ShouldBe(1);
    }

    private async Task<Cli> PubAsync(string host, params string[] args)
    {
        await using var broker = new StubBroker(_server);
        return await Cli.RunAsync(["pub", "-h", host, "-p", broker.Port.ToString(CultureInfo.InvariantCulture), "-t", "a", "-m", "x", .. args]);
    }
}
