using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Quotas;
using Starling.Broker.Tests.Tenants;
using Starling.Cluster.Quotas;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Cluster.Tests.Quotas;

public sealed class TenantSharesTests
{
    private const int Limit = 900;

    private readonly ManualTime _time = new();
    private TenantLimits _limits = new() { MessagesPerSecondIn = Limit, Connections = 100 };

    [Fact]
    public async Task Three_edges_at_the_limit_get_it_once_and_alike()
    {
        var shares = new TenantShares(() => _limits, _time);
        var total = 0.0;
        double[] held = [0, 0, 0];
        for (var second = 0; second < 20; second++)
        {
            for (var edge = 0; edge < 3; edge++)
                held[edge] = await RateAsync(shares, edge, used: held[edge], isShort: true);
            if (second >= 3)
                total += held.Sum();
            _time.Advance(TenantShares.Interval);
        }

        (total / 17).ShouldBeInRange(Limit * 0.9, Limit);
        held.ShouldAllBe(rate => rate > Limit / 3 * 0.9);
    }

    [Fact]
    public async Task What_one_edge_does_not_need_another_may_use()
    {
        var shares = new TenantShares(() => _limits, _time);
        double busy = 0, quiet = 0;
        for (var second = 0; second < 5; second++)
        {
            busy = await RateAsync(shares, 0, busy, isShort: true);
            quiet = await RateAsync(shares, 1, used: 10, isShort: false);
            _time.Advance(TenantShares.Interval);
        }

        busy.ShouldBeGreaterThan(Limit * 0.9);
        quiet.ShouldBeGreaterThanOrEqualTo(10);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_is_out_never_adds_up_to_more_than_the_limit(int seed)
    {
        var random = new Random(seed);
        var shares = new TenantShares(() => _limits, _time);
        var held = new Dictionary<int, (double Rate, double Connections, DateTimeOffset Since)>();
        for (var step = 0; step < 2000; step++)
        {
            var edge = random.Next(6);
            var connections = held.TryGetValue(edge, out var before) ? random.Next((int)before.Connections + 1) : 0;
            var share = await shares.RenewAsync($"edge{edge}", Demand(random.NextDouble() * before.Rate, random.Next(2) == 0, connections));
            held[edge] = (share.Of(SharedLimit.MessagesPerSecondIn)!.Value, share.Of(SharedLimit.Connections)!.Value, _time.GetUtcNow());
            var live = held.Values.Where(h => _time.GetUtcNow() - h.Since < TenantShares.Duration).ToArray();
            live.Sum(h => h.Rate).ShouldBeLessThanOrEqualTo(Limit * 1.0001);
            live.Sum(h => h.Connections).ShouldBeLessThanOrEqualTo(100);
            _time.Advance(TimeSpan.FromMilliseconds(random.Next(400)));
        }
    }

    [Fact]
    public async Task The_part_of_an_edge_that_died_is_given_out_again_when_its_lease_is_over()
    {
        var shares = new TenantShares(() => _limits, _time);
        _time.Advance(TenantShares.Interval);
        (await RateAsync(shares, 0, 0, isShort: true)).ShouldBe(Limit);
        (await RateAsync(shares, 1, 0, isShort: true)).ShouldBe(0);

        _time.Advance(TenantShares.Duration);

        (await RateAsync(shares, 1, 0, isShort: true)).ShouldBe(Limit);
    }

    [Fact]
    public async Task Connections_can_be_used_up_to_nearly_the_last_wherever_they_come()
    {
        var shares = new TenantShares(() => _limits, _time);
        int[] open = [0, 0, 0];
        var random = new Random(5);
        for (var attempt = 0; attempt < 400; attempt++)
        {
            var edge = random.Next(3);
            if (attempt % 20 == 0)
            {
                _time.Advance(TenantShares.Interval);
                for (var other = 0; other < 3; other++)
                    await shares.RenewAsync($"edge{other}", Demand(0, false, open[other]));
            }

            var share = await shares.RenewAsync($"edge{edge}", Demand(0, true, open[edge]));
            if (open[edge] < share.Of(SharedLimit.Connections))
                open[edge]++;
        }

        open.Sum().ShouldBeInRange(95, 100);
    }

    [Fact]
    public async Task Limits_that_change_are_divided_anew()
    {
        var shares = new TenantShares(() => _limits, _time);
        _time.Advance(TenantShares.Interval);
        await RateAsync(shares, 0, 0, isShort: true);

        _limits = new() { MessagesPerSecondIn = 90 };
        var share = await shares.RenewAsync("edge0", Demand(90, true));

        share.Of(SharedLimit.MessagesPerSecondIn).ShouldBe(90);
        share.Of(SharedLimit.Connections).ShouldBeNull();
    }

    [Fact]
    public void A_process_keeps_to_its_part_and_tells_what_it_lacks()
    {
        using var house = new House(new TenantOptions { Name = "acme", Limits = new() { Connections = 10, MessagesPerSecondIn = 100 } });
        var quotas = house["acme"].Quotas;
        quotas.TakeDemand(house.Time);

        quotas.Share(new TenantShare(TenantShares.Duration, [1, null, 10, null, null, null]));

        quotas.TryAddConnection().ShouldBe(ReasonCode.Success);
        quotas.TryAddConnection(isFinal: false).ShouldBe(ReasonCode.QuotaExceeded);
        quotas.Refusals(TenantLimit.Connections).ShouldBe(0);
        quotas.DelayIn(30, 0).ShouldBe(TimeSpan.FromSeconds(2));
        house.Time.Advance(TimeSpan.FromSeconds(3));
        var demand = quotas.TakeDemand(house.Time);
        demand.Of(SharedLimit.Connections).ShouldBe(new LimitDemand(1, true));
        demand.Of(SharedLimit.MessagesPerSecondIn).ShouldBe(new LimitDemand(10, true));
    }

    private static async ValueTask<double> RateAsync(TenantShares shares, int edge, double used, bool isShort) =>
        (await shares.RenewAsync($"edge{edge}", Demand(used, isShort))).Of(SharedLimit.MessagesPerSecondIn)!.Value;

    private static TenantDemand Demand(double rate, bool isShort, int connections = 0) =>
        new([new LimitDemand(connections, isShort), default, new LimitDemand(rate, isShort), default, default, default]);
}
