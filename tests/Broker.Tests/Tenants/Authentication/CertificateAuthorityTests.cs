using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Authentication;
using Starling.Broker.Tenants.Credentials;
using Starling.Protocol;

namespace Starling.Broker.Tests.Tenants.Authentication;

public sealed class CertificateAuthorityTests : IDisposable
{
    private const string OfA = "AA00000000000000000000000000000000000000000000000000000000000000";
    private const string OfB = "BB00000000000000000000000000000000000000000000000000000000000000";

    private static readonly TenantOptions A = Tenant("a", OfA);
    private static readonly TenantOptions B = Tenant("b", OfB);

    private readonly House _house = new();
    private readonly Authenticator _authenticator;
    private readonly X509Certificate2 _dashboard = Certificate();

    public CertificateAuthorityTests() =>
        _authenticator = new(new() { Threads = 1 }, _house.Time, _house.Metrics, new CapturedLog<Authenticator>());

    public void Dispose()
    {
        _authenticator.Dispose();
        _house.Dispose();
        _dashboard.Dispose();
    }

    [Theory]
    [InlineData("a", OfA, true)]
    [InlineData("a", OfB, false)]
    [InlineData("b", OfB, true)]
    [InlineData("b", OfA, false)]
    public async Task A_certificate_of_another_tenants_authority_never_logs_in(string tenant, string authority, bool logsIn)
    {
        _house.Directory.Apply([A, B]);

        (await LoginAsync(tenant, null, authority)).IsSuccess.ShouldBe(logsIn);
        (await LoginAsync(tenant, "dashboard", authority)).IsSuccess.ShouldBe(logsIn);
    }

    [Fact]
    public async Task An_authority_that_one_tenant_names_means_nothing_to_a_tenant_that_names_none()
    {
        _house.Directory.Apply([A with { CertificateAuthorities = [] }, B]);

        (await LoginAsync("a", null, OfB)).ReasonCode.ShouldBe(ReasonCode.NotAuthorized);
        (await LoginAsync("a", null, OfA)).ReasonCode.ShouldBe(ReasonCode.Success);
    }

    [Fact]
    public async Task A_login_is_not_good_any_more_when_its_tenant_names_another_authority()
    {
        _house.Directory.Apply([A]);
        var login = (await LoginAsync("a", null, OfA)).Login.ShouldNotBeNull();
        login.IsStillGood().ShouldBeTrue();

        _house.Directory.Apply([A with { CertificateAuthorities = [OfB] }]);

        login.IsStillGood().ShouldBeFalse();
    }

    [Fact]
    public async Task A_login_is_looked_at_again_when_another_tenant_names_its_authority()
    {
        _house.Directory.Apply([A with { CertificateAuthorities = [] }]);
        var login = (await LoginAsync("a", null, OfB)).Login.ShouldNotBeNull();
        var changed = new List<string>();
        _house.Directory.Changed += change => changed.Add(change.Tenant.Name);

        _house.Directory.Apply([A with { CertificateAuthorities = [] }, B]);

        changed.ShouldBe(["a"]);
        login.IsStillGood().ShouldBeFalse();
    }

    [Fact]
    public async Task A_thumbprint_stands_for_one_certificate_whoever_signed_it()
    {
        var thumbprint = new CertificateMatch(CertificateProperty.Thumbprint, _dashboard.GetCertHashString(HashAlgorithmName.SHA256));
        _house.Directory.Apply([A with { Users = [new() { Name = "dashboard", Certificates = [thumbprint] }] }, B]);

        (await LoginAsync("a", null, OfB)).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task A_login_with_a_password_stays_good_until_the_password_changes()
    {
        var hash = new Microsoft.AspNetCore.Identity.PasswordHasher<string>().HashPassword("", "x");
        var withPassword = A with { Users = [new() { Name = "ann", PasswordHash = hash }] };
        _house.Directory.Apply([withPassword]);
        var login = (await _authenticator.AuthenticateAsync(_house["a"], "ann", "x"u8.ToArray(), null, null, TestContext.Current.CancellationToken)).Login;

        _house.Directory.Apply([withPassword with { Acl = House.Rules("allow all #") }]);
        login.ShouldNotBeNull().IsStillGood().ShouldBeTrue();
        _house.Directory.Apply([withPassword with { Users = [] }]);

        login.IsStillGood().ShouldBeFalse();
    }

    private async Task<AuthenticationResult> LoginAsync(string tenant, string? user, string authority) => await _authenticator.AuthenticateAsync(
        _house[tenant], user, null, new PresentedCertificate(_dashboard, [authority]), null, TestContext.Current.CancellationToken);

    private static TenantOptions Tenant(string name, string authority) => new()
    {
        Name = name,
        CertificateAuthorities = [authority],
        Users = [new() { Name = "dashboard", Certificates = [new(CertificateProperty.CommonName, "dashboard")] }],
    };

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=dashboard", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
    }
}
