using System.Text;
using Microsoft.AspNetCore.Identity;
using Starling.Broker.Tenants.Authentication;
using Starling.Broker.Tenants.Credentials;
using Starling.Testing;

namespace Starling.Broker.Tests.Tenants.Authentication;

public sealed class SharedChecksTests : IDisposable
{
    private static readonly string Hash = new PasswordHasher<User>().HashPassword(User.Anonymous, "right");

    private readonly PasswordChecker _checker = new(new AuthenticatorOptions { Threads = 1, QueueLength = 1, QueueLengthPerTenant = 1 });
    private readonly SharedChecks _checks;

    public SharedChecksTests() => _checks = new SharedChecks(new VerifiedCredentials(new ManualTime(), TimeSpan.FromMinutes(1)), _checker);

    [Fact]
    public async Task A_crowd_with_one_password_needs_one_place_in_the_queue()
    {
        var logins = Enumerable.Range(0, 100).Select(_ => CheckAsync("right", CancellationToken.None)).ToArray();

        (await Task.WhenAll(logins)).ShouldAllBe(verdict => verdict == PasswordVerdict.Right);
    }

    public void Dispose() => _checker.Dispose();

    private Task<PasswordVerdict> CheckAsync(string password, CancellationToken cancellation) =>
        _checks.CheckAsync("acme", "ann", default, Hash, null, 0, Encoding.UTF8.GetBytes(password), cancellation);
}
