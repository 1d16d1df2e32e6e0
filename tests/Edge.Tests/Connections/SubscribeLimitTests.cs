using Starling.Broker.Metrics;
using Starling.Broker.Tenants.Quotas;
using Starling.Protocol;
using static Starling.Edge.Tests.Connections.Subscriptions;

namespace Starling.Edge.Tests.Connections;

public sealed class SubscribeLimitTests
{
    [Fact]
    public async Task A_client_has_no_more_subscriptions_than_its_tenant_allows()
    {
        await using var broker = await StartAsync(new TenantLimits { SubscriptionsPerClient = 2 });
        await using var client = await broker.ConnectAsync("c");

        var subAck = await client.SubscribeAsync(To("a"), To("b"), To("c"));

        subAck.ReasonCodes.ShouldBe([ReasonCode.GrantedQoS0, ReasonCode.GrantedQoS0, ReasonCode.QuotaExceeded]);
    }

    [Fact]
    public async Task Replacing_a_subscription_does_not_count_against_the_limit()
    {
        await using var broker = await StartAsync(new TenantLimits { SubscriptionsPerClient = 2 });
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("a");

        var subAck = await client.SubscribeAsync(To("a", QoS1), To("b"), To("b", QoS1));

        subAck.ReasonCodes.ShouldBe([ReasonCode.GrantedQoS1, ReasonCode.GrantedQoS0, ReasonCode.GrantedQoS1]);
    }

    [Fact]
    public async Task Unsubscribing_makes_room()
    {
        await using var broker = await StartAsync(new TenantLimits { SubscriptionsPerClient = 1 });
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("$share/g/a");
        await client.UnsubscribeAsync("$share/g/a");

        (await client.SubscribeAsync(To("b"))).ReasonCodes.ShouldBe([ReasonCode.GrantedQoS0]);
    }

    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT311-3.8.3-2")]
    public async Task Wildcards_are_refused_where_they_are_not_available(ProtocolVersion version)
    {
        await using var broker = await StartAsync(new TenantLimits { WildcardSubscriptions = false });
        await using var client = await broker.ConnectAsync("c", version);

        var subAck = await client.SubscribeAsync(To("a/+"), To("#"), To("a"));

        var refused = version == ProtocolVersion.Mqtt5 ? ReasonCode.WildcardSubscriptionsNotSupported : ReasonCode.UnspecifiedError;
        subAck.ReasonCodes.ShouldBe([refused, refused, ReasonCode.GrantedQoS0]);
    }

    [Fact]
    public async Task Shared_subscriptions_are_refused_where_they_are_not_available()
    {
        await using var broker = await StartAsync(new TenantLimits { SharedSubscriptions = false });
        await using var client = await broker.ConnectAsync("c");

        (await client.SubscribeAsync(To("$share/g/a"))).ReasonCodes.ShouldBe([ReasonCode.SharedSubscriptionsNotSupported]);
    }

    [Fact]
    public async Task A_filter_that_is_too_long_is_refused()
    {
        await using var broker = await StartAsync(new TenantLimits { TopicLength = 4 });
        await using var client = await broker.ConnectAsync("c");

        (await client.SubscribeAsync(To("ääa"), To("ää"))).ReasonCodes.ShouldBe([ReasonCode.TopicFilterInvalid, ReasonCode.GrantedQoS0]);
    }

    [Fact]
    public async Task Filters_are_bounded_by_what_they_take_in_memory()
    {
        await using var broker = await StartAsync(new TenantLimits { SubscriptionBytesPerClient = 50_000 });
        await using var client = await broker.ConnectAsync("c");

        var granted = 0;
        for (var i = 0; i < 20; i++)
            granted += (await client.SubscribeAsync(To(Deep(i)))).ReasonCodes[0] == ReasonCode.GrantedQoS0 ? 1 : 0;

        // Some 15 KB each, of which the client has sent 260.
        granted.ShouldBe(3);
        broker.Quotas().Refusals(TenantLimit.SubscriptionBytesPerClient).ShouldBe(17);
        broker.Counters().Held.Of(HeldKind.Filters).ShouldBeInRange(40_000, 50_000);
        await client.UnsubscribeAsync(Deep(0));
        (await client.SubscribeAsync(To(Deep(0)))).ReasonCodes.ShouldBe([ReasonCode.GrantedQoS0]);
        (await client.SubscribeAsync(To(Deep(20)))).ReasonCodes.ShouldBe([ReasonCode.QuotaExceeded]);
        await client.DisconnectAsync();
        broker.Counters().Held.Total.ShouldBe(0);
    }

    private static string Deep(int number) => $"+/{number}" + string.Concat(Enumerable.Repeat("/x", 126));

    private static Task<TestBroker> StartAsync(TenantLimits limits) => TestBroker.StartAsync(TestBroker.Demo with { Limits = limits });
}
