using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Authentication;
using Starling.Broker.Tenants.Credentials;
using Starling.Protocol;

namespace Starling.Broker.Tests.Tenants.Authentication;

public sealed class AuthenticatorTests : IDisposable
{
    private static readonly string Hash = HashOf("right");

    private readonly House _house = new(
        new TenantOptions
        {
            Name = "acme",
            Users =
            [
                new() { Name = "ann", PasswordHash = Hash },
                new() { Name = "device7", Certificates = [new(CertificateProperty.CommonName, "device7"), new(CertificateProperty.DnsName, "d8.example.com")] },
                new() { Name = "both", PasswordHash = Hash, Certificates = [new(CertificateProperty.CommonName, "both")] },
            ],
        },
        new TenantOptions { Name = "open", Anonymous = new([]), Users = [new() { Name = "ann", PasswordHash = Hash }] });

    private readonly CapturedLog<Authenticator> _log = new();
    private readonly Authenticator _authenticator;

    public AuthenticatorTests()
    {
        _authenticator = new(new() { Threads = 1 }, _house.Time, _house.Metrics, _log);
        _house.Directory.Changed += _authenticator.Forget;
    }

    public void Dispose()
    {
        _authenticator.Dispose();
        _house.Dispose();
    }

    [Fact]
    public async Task The_right_password_lets_the_user_in()
    {
        var result = await Login("acme", "ann", "right");

        result.ReasonCode.ShouldBe(ReasonCode.Success);
        result.User.ShouldBe(new User("ann"));
        _house.Counted("starling.authentications{tenant=acme,result=success,method=password}").ShouldBe(1);
    }

    [Theory]
    [InlineData("acme", "ann", "wrong")]
    [InlineData("acme", "ann", null)]
    [InlineData("acme", "ann", "")]
    [InlineData("acme", "nobody", "right")]
    [InlineData("acme", "device7", "right")]
    [InlineData("open", "nobody", "right")]
    [InlineData("open", "nobody", null)]
    [InlineData("acme", null, "right")]
    [InlineData("open", null, "right")]
    public async Task What_does_not_prove_a_user_is_bad_user_name_or_password(string tenant, string? user, string? password)
    {
        var result = await Login(tenant, user, password);

        result.ReasonCode.ShouldBe(ReasonCode.BadUserNameOrPassword);
        result.User.ShouldBeNull();
        _house.Counted($"starling.authentications{{tenant={tenant},result=BadUserNameOrPassword}}").ShouldBe(1);
    }

    [Fact]
    public async Task The_log_has_no_password_and_no_hash()
    {
        await Login("acme", "ann", "not-in-the-log");

        _log.Lines.ShouldNotBeEmpty();
        _log.Lines.ShouldAllBe(line => !line.Text.Contains("not-in-the-log", StringComparison.Ordinal) && !line.Text.Contains(Hash, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public async Task A_client_without_user_name_gets_in_only_where_the_tenant_asks_for_it(string? userName)
    {
        (await Login("open", userName, null)).User.ShouldBe(User.Anonymous);
        (await Login("acme", userName, null)).ReasonCode.ShouldBe(ReasonCode.NotAuthorized);
    }

    [Fact]
    public async Task A_password_that_is_no_UTF8_is_wrong_and_no_error()
    {
        var result = await Login("acme", "ann", [0xFF, 0xFE], null);

        result.ReasonCode.ShouldBe(ReasonCode.BadUserNameOrPassword);
    }

    [Fact]
    public async Task A_password_found_right_is_taken_again_without_a_thread_for_a_while()
    {
        await Login("acme", "ann", "right");

        StopHashing();
        (await Login("acme", "ann", "right")).IsSuccess.ShouldBeTrue();
        _house.Time.Advance(TimeSpan.FromMinutes(10));
        (await Login("acme", "ann", "right")).ReasonCode.ShouldBe(ReasonCode.ServerBusy);
    }

    [Fact]
    public async Task A_wrong_password_is_not_helped_by_a_remembered_right_one()
    {
        await Login("acme", "ann", "right");

        (await Login("acme", "ann", "wrong")).IsSuccess.ShouldBeFalse();
    }

    [Fact]
    public async Task What_is_remembered_for_one_tenant_does_not_count_for_another()
    {
        await Login("acme", "ann", "right");

        StopHashing();
        (await Login("open", "ann", "right")).ReasonCode.ShouldBe(ReasonCode.ServerBusy);
    }

    [Fact]
    public async Task A_new_password_makes_the_old_one_wrong_at_once()
    {
        await Login("acme", "ann", "right");

        _house.Directory.Apply([_house["acme"].Options with { Users = [new() { Name = "ann", PasswordHash = HashOf("new") }] }]);

        (await Login("acme", "ann", "right")).IsSuccess.ShouldBeFalse();
        (await Login("acme", "ann", "new")).IsSuccess.ShouldBeTrue();
    }

    [Theory]
    [InlineData("CN=device7", null, "device7")]
    [InlineData("CN=device7", "device7", "device7")]
    [InlineData("CN=device7, O=Acme", null, "device7")]
    [InlineData("CN=other", "device7", null)]
    [InlineData("CN=device7", "ann", null)]
    [InlineData("O=device7", null, null)]
    [InlineData("CN=\"CN=device7\"", null, null)]
    [InlineData("CN=Device7", null, null)]
    public async Task A_certificate_is_the_user_its_common_name_is_mapped_to(string subject, string? userName, string? expected)
    {
        using var certificate = Certificate(subject);

        var result = await Login("acme", userName, (byte[]?)null, certificate);

        result.User?.Name.ShouldBe(expected);
        result.IsSuccess.ShouldBe(expected is not null);
    }

    [Fact]
    public async Task A_certificate_is_the_user_its_DNS_name_is_mapped_to()
    {
        using var certificate = Certificate("CN=whatever", "D8.example.com");

        (await Login("acme", null, (byte[]?)null, certificate)).User.ShouldBe(new User("device7"));
    }

    [Fact]
    public async Task A_certificate_is_the_user_its_thumbprint_is_mapped_to()
    {
        using var certificate = Certificate("CN=whatever");
        CertificateMatch.TryParse(certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant(), out var match).ShouldBeTrue();
        _house.Directory.Apply([_house["acme"].Options with { Users = [new() { Name = "pinned", Certificates = [match!] }] }]);

        (await Login("acme", null, (byte[]?)null, certificate)).User.ShouldBe(new User("pinned"));
    }

    [Fact]
    public async Task A_password_beside_a_certificate_must_be_right_too()
    {
        using var certificate = Certificate("CN=both");
        var wrong = Encoding.UTF8.GetBytes("wrong");

        (await Login("acme", "both", wrong, certificate)).ReasonCode.ShouldBe(ReasonCode.BadUserNameOrPassword);
    }

    [Fact]
    public async Task An_unmapped_certificate_is_anonymous_where_that_is_allowed()
    {
        using var certificate = Certificate("CN=stranger");

        (await Login("open", null, (byte[]?)null, certificate)).User.ShouldBe(User.Anonymous);
        (await Login("acme", null, (byte[]?)null, certificate)).ReasonCode.ShouldBe(ReasonCode.NotAuthorized);
    }

    private static string HashOf(string password) =>
        new PasswordHasher<string>(Options.Create(new PasswordHasherOptions { IterationCount = 1000 })).HashPassword("", password);

    private static X509Certificate2 Certificate(string subject, string? dnsName = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        if (dnsName is not null)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(dnsName);
            request.CertificateExtensions.Add(names.Build());
        }
        return request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
    }

    /// <summary>From here on only what is remembered is taken.</summary>
    private void StopHashing() => _authenticator.Dispose();

    private Task<AuthenticationResult> Login(string tenant, string? user, string? password) =>
        Login(tenant, user, password is null ? null : Encoding.UTF8.GetBytes(password), null);

    private Task<AuthenticationResult> Login(string tenant, string? user, byte[]? password, X509Certificate2? certificate) => _authenticator
        .AuthenticateAsync(_house[tenant], user, password is null ? null : new ReadOnlyMemory<byte>(password), certificate is null ? null : new PresentedCertificate(certificate, []), null, TestContext.Current.CancellationToken)
        .AsTask();
}
