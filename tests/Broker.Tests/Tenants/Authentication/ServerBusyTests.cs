using System.Text;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Authentication;
using Starling.Protocol;

namespace Starling.Broker.Tests.Tenants.Authentication;

public sealed class ServerBusyTests
{
    [Fact]
    public async Task A_login_flood_is_answered_server_busy_beyond_the_queue_and_the_rest_in_its_turn()
    {
        using var house = new House(new TenantOptions { Name = "acme" });
        using var authenticator = new Authenticator(
            new() { Threads = 1, QueueLength = 2, QueueLengthPerTenant = 2 }, house.Time, house.Metrics, new CapturedLog<Authenticator>());

        // Each check of an unknown user costs 100,000 iterations, far longer than handing in all twenty.
        var logins = Enumerable.Range(0, 20)
            .Select(i => authenticator.AuthenticateAsync(house["acme"], $"user{i}", Encoding.UTF8.GetBytes($"guess{i}"), null, null, TestContext.Current.CancellationToken).AsTask())
            .ToArray();
        var results = await Task.WhenAll(logins);

        results[0].ReasonCode.ShouldBe(ReasonCode.BadUserNameOrPassword);
        results.Count(result => result.ReasonCode == ReasonCode.ServerBusy).ShouldBeGreaterThan(0);
        results.ShouldAllBe(result => result.ReasonCode == ReasonCode.ServerBusy || result.ReasonCode == ReasonCode.BadUserNameOrPassword);
    }
}
