using System.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Authentication;
using Starling.Broker.Tenants.Credentials;
using Starling.Broker.Tenants.Files;
using Starling.Protocol;
using Starling.Testing;
using UserOptions = Starling.Broker.Tenants.UserOptions;

namespace Starling.Broker.Tests.Tenants.Authentication;

/// <summary>Users that are disabled or end, and passwords that are being replaced.</summary>
public sealed class UserLifetimeTests : IDisposable
{
    private static readonly string Old = Hash("old");
    private static readonly string New = Hash("new");

    private readonly House _house = new();
    private readonly Authenticator _authenticator;

    public UserLifetimeTests()
    {
        _authenticator = new(new() { Threads = 1 }, _house.Time, _house.Metrics, new CapturedLog<Authenticator>());
        _house.Directory.Changed += _authenticator.Forget;
    }

    public void Dispose()
    {
        _authenticator.Dispose();
        _house.Dispose();
    }

    [Fact]
    public async Task A_disabled_user_logs_in_by_no_way_and_its_connection_is_not_good_any_more()
    {
        var user = new UserOptions { Name = "ann", PasswordHash = Old, Scram = ScramCredential.Create("old", 4096) };
        Apply(user);
        var login = (await LoginAsync("old")).Login.ShouldNotBeNull();
        login.IsStillGood().ShouldBeTrue();

        Apply(user with { Enabled = false });

        login.IsStillGood().ShouldBeFalse();
        (await LoginAsync("old")).ReasonCode.ShouldBe(ReasonCode.BadUserNameOrPassword);
        Scram().ShouldBe(ReasonCode.NotAuthorized);
        Apply(user);
        (await LoginAsync("old")).ReasonCode.ShouldBe(ReasonCode.Success);
        Scram().ShouldBe(ReasonCode.Success);
    }

    [Fact]
    public async Task A_user_ends_at_its_time_although_its_password_is_remembered()
    {
        var from = _house.Time.GetUtcNow();
        Apply(new UserOptions { Name = "ann", PasswordHash = Old, NotAfter = from.AddMinutes(1) });
        var login = (await LoginAsync("old")).Login.ShouldNotBeNull();

        _house.Time.Advance(TimeSpan.FromMinutes(1));

        login.IsStillGood().ShouldBeFalse();
        (await LoginAsync("old")).ReasonCode.ShouldBe(ReasonCode.BadUserNameOrPassword);
        _house["t"].HasEndWithin(from, _house.Time.GetUtcNow()).ShouldBeTrue();
        _house["t"].HasEndWithin(_house.Time.GetUtcNow(), _house.Time.GetUtcNow().AddDays(1)).ShouldBeFalse();
    }

    [Fact]
    public async Task Two_passwords_are_right_while_one_replaces_the_other()
    {
        var user = new UserOptions { Name = "ann", PasswordHash = Old };
        Apply(user);
        var before = (await LoginAsync("old")).Login.ShouldNotBeNull();
        Apply(user with { PasswordHash = New, PreviousPasswordHash = Old, PreviousPasswordNotAfter = _house.Time.GetUtcNow().AddHours(1) });

        before.IsStillGood().ShouldBeTrue();
        var late = (await LoginAsync("old")).Login.ShouldNotBeNull();
        var early = (await LoginAsync("new")).Login.ShouldNotBeNull();
        (await LoginAsync("other")).IsSuccess.ShouldBeFalse();
        _house.Time.Advance(TimeSpan.FromHours(1));

        (before.IsStillGood(), late.IsStillGood(), early.IsStillGood()).ShouldBe((false, false, true));
        (await LoginAsync("old")).IsSuccess.ShouldBeFalse();
        (await LoginAsync("new")).IsSuccess.ShouldBeTrue();
    }

    [Fact]
    public async Task When_the_previous_password_is_taken_away_its_connections_are_not_good_any_more()
    {
        var user = new UserOptions { Name = "ann", PasswordHash = New, PreviousPasswordHash = Old };
        Apply(user);
        var late = (await LoginAsync("old")).Login.ShouldNotBeNull();
        var early = (await LoginAsync("new")).Login.ShouldNotBeNull();

        Apply(user with { PreviousPasswordHash = null });

        (late.IsStillGood(), early.IsStillGood()).ShouldBe((false, true));
    }

    [Fact]
    public void The_settings_are_read()
    {
        var user = TenantsFileReader.ReadTenant("t", Encoding.UTF8.GetBytes($$"""
            { "users": { "ann": {
                "enabled": false, "notAfter": "2027-01-31T12:00:00Z",
                "passwordHash": "{{New}}", "previousPasswordHash": "{{Old}}", "previousPasswordNotAfter": "2027-01-31T12:00:00.5+02:00" } } }
            """)).Users.Single();

        user.Enabled.ShouldBeFalse();
        user.NotAfter.ShouldBe(new DateTimeOffset(2027, 1, 31, 12, 0, 0, TimeSpan.Zero));
        user.PreviousPasswordHash.ShouldBe(Old);
        user.PreviousPasswordNotAfter.ShouldBe(new DateTimeOffset(2027, 1, 31, 10, 0, 0, 500, TimeSpan.Zero));
    }

    [Theory]
    [InlineData("\"notAfter\": \"tomorrow\"", "expected a time such as")]
    [InlineData("\"notAfter\": \"2027-01-31T12:00:00\"", "expected a time such as")]
    [InlineData("\"enabled\": \"yes\"", "expected true or false")]
    public void What_is_no_time_is_a_mistake(string member, string mistake) => Should.Throw<TenantsFileException>(() => TenantsFileReader.ReadTenant(
        "t", Encoding.UTF8.GetBytes($$"""{ "users": { "ann": { "certificates": ["CN=ann"], {{member}} } } }"""))).Message.ShouldContain(mistake);

    private void Apply(UserOptions user) => _house.Directory.Apply([new TenantOptions { Name = "t", Users = [user] }]);

    private async Task<AuthenticationResult> LoginAsync(string password) => await _authenticator.AuthenticateAsync(
        _house["t"], "ann", Encoding.UTF8.GetBytes(password), null, null, TestContext.Current.CancellationToken);

    private ReasonCode Scram()
    {
        var exchange = _authenticator.BeginScramSha256(_house["t"], null, null);
        var client = new ScramClient("n,,", "ann", "old");
        return exchange.Step(client.Final(Encoding.UTF8.GetString(exchange.Step(client.First()).Data.Span))).ReasonCode;
    }

    private static string Hash(string password) =>
        new PasswordHasher<string>(Options.Create(new PasswordHasherOptions { IterationCount = 1000 })).HashPassword("", password);
}
