using System.Diagnostics;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Starling.Broker.Tenants.Authentication;
using Starling.Protocol;

namespace Starling.Broker.Tests.Tenants.Authentication;

/// <summary>Logins of some while others try wrong passwords.</summary>
public sealed class LoginStormTests : IDisposable
{
    private static readonly IPAddress Attacker = new([192, 0, 2, 1]);

    private readonly House _house = new(Tenant("a"), Tenant("b"), Tenant("c"));
    private readonly Authenticator _authenticator;

    public LoginStormTests() => _authenticator = new(new() { Threads = 1 }, _house.Time, _house.Metrics, new CapturedLog<Authenticator>());

    public void Dispose()
    {
        _authenticator.Dispose();
        _house.Dispose();
    }

    [Fact]
    public async Task Three_hundred_wrong_logins_at_two_tenants_do_not_lock_a_third_one_out()
    {
        var storm = Enumerable.Range(0, 300).SelectMany(i => (Task<AuthenticationResult>[])
            [LoginAsync("a", $"user{i}", $"wrong{i}", Attacker), LoginAsync("b", $"user{i}", $"wrong{i}", Attacker)]).ToArray();

        var logins = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => LoginAsync("c", $"user{i}", "right", Attacker)));

        logins.ShouldAllBe(login => login.ReasonCode == ReasonCode.Success);
        (await Task.WhenAll(storm)).ShouldAllBe(login => !login.IsSuccess);
    }

    [Fact]
    public async Task A_storm_from_one_address_does_not_lock_the_tenants_other_addresses_out()
    {
        var storm = Enumerable.Range(0, 300).Select(i => LoginAsync("a", $"guess{i}", $"wrong{i}", Attacker)).ToArray();

        var logins = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => LoginAsync("a", $"user{i}", "right", new([192, 0, 2, (byte)(10 + i)]))));

        logins.ShouldAllBe(login => login.ReasonCode == ReasonCode.Success);
        (await Task.WhenAll(storm)).ShouldAllBe(login => !login.IsSuccess);
    }

    [Fact]
    public async Task After_many_wrong_passwords_the_next_ones_are_not_looked_at_for_a_while()
    {
        for (var i = 0; i <= FailedLogins.FreePerUser; i++)
            (await LoginAsync("a", "user0", $"wrong{i}", Attacker)).ReasonCode.ShouldBe(ReasonCode.BadUserNameOrPassword);

        (await LoginAsync("a", "user0", "right", Attacker)).ReasonCode.ShouldBe(ReasonCode.ServerBusy);
        _house.Time.Advance(TimeSpan.FromSeconds(1));
        (await LoginAsync("a", "user0", "right", Attacker)).ReasonCode.ShouldBe(ReasonCode.Success);
    }

    [Fact]
    public async Task Each_unknown_user_costs_a_check_of_its_own_as_each_known_one_does()
    {
        // One thread that is busy, and room for two more: what can't be shared does not fit.
        using var authenticator = new Authenticator(
            new() { Threads = 1, QueueLength = 2, QueueLengthPerTenant = 2 }, _house.Time, _house.Metrics, new CapturedLog<Authenticator>());

        async Task<int> RefusedAsync(string prefix)
        {
            var logins = Enumerable.Range(0, 12)
                .Select(i => authenticator.AuthenticateAsync(_house["a"], $"{prefix}{i}", "same"u8.ToArray(), null, null, TestContext.Current.CancellationToken).AsTask());
            return (await Task.WhenAll(logins)).Count(login => login.ReasonCode == ReasonCode.ServerBusy);
        }

        (await RefusedAsync("nobody")).ShouldBeGreaterThan(0);
        (await RefusedAsync("user")).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_wrong_password_for_a_cheap_hash_takes_as_long_as_one_for_an_unknown_user()
    {
        using var house = new House(Tenant("a") with
        {
            Users = [new() { Name = "cheap", PasswordHash = Hash("right", 1000) }, new() { Name = "costly", PasswordHash = Hash("right", 400_000) }],
        });

        var cheap = await TimeAsync("cheap");
        var unknown = await TimeAsync("nobody");

        // Without the padding it is 400 times as much.
        (unknown / cheap).ShouldBeInRange(0.1, 10);

        async Task<double> TimeAsync(string user)
        {
            var since = Stopwatch.GetTimestamp();
            await _authenticator.AuthenticateAsync(house["a"], user, "wrong"u8.ToArray(), null, null, TestContext.Current.CancellationToken);
            return Stopwatch.GetElapsedTime(since).TotalSeconds;
        }
    }

    private async Task<AuthenticationResult> LoginAsync(string tenant, string user, string password, IPAddress address) =>
        await _authenticator.AuthenticateAsync(
            _house[tenant], user, Encoding.UTF8.GetBytes(password), null, address, TestContext.Current.CancellationToken);

    private static Broker.Tenants.TenantOptions Tenant(string name) => new()
    {
        Name = name,
        Users = [.. Enumerable.Range(0, 12).Select(i => new Broker.Tenants.UserOptions { Name = $"user{i}", PasswordHash = RightHash })],
    };

    private static readonly string RightHash = Hash("right", 5000);

    private static string Hash(string password, int iterations) =>
        new PasswordHasher<string>(Options.Create(new PasswordHasherOptions { IterationCount = iterations })).HashPassword("", password);
}
