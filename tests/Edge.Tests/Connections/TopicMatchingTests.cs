using System.Text;
using Starling.Protocol;
using static Starling.Edge.Tests.Connections.Subscriptions;

namespace Starling.Edge.Tests.Connections;

public sealed class TopicMatchingTests
{
    [Theory]
    [InlineData("a/b", "a/b", true)]
    [InlineData("a/b", "a/B", false)]
    [InlineData("a/b", "a/b/", false)]
    [InlineData("a/b", "/a/b", false)]
    [InlineData("#", "a/b", true)]
    [InlineData("#", "/", true)]
    [InlineData("a/#", "a", true)]
    [InlineData("a/#", "a/", true)]
    [InlineData("a/#", "a/b/c", true)]
    [InlineData("a/#", "ab", false)]
    [InlineData("+", "a", true)]
    [InlineData("+", "/a", false)]
    [InlineData("+/+", "/a", true)]
    [InlineData("/+", "/a", true)]
    [InlineData("/+", "/", true)]
    [InlineData("a/+", "a/", true)]
    [InlineData("a/+", "a", false)]
    [InlineData("a/+/c", "a//c", true)]
    [InlineData("a/+/c", "a/b/b/c", false)]
    [InlineData("+/b/#", "a/b", true)]
    [InlineData("a//b", "a//b", true)]
    [InlineData("a//b", "a/b", false)]
    [InlineData("//", "//", true)]
    [InlineData("+/+/+", "//", true)]
    [InlineData(" a /b", " a /b", true)]
    [InlineData(" a /b", "a/b", false)]
    [Trait("Statement", "MQTT5-4.7.1-1")]
    [Trait("Statement", "MQTT5-4.7.1-2")]
    [Trait("Statement", "MQTT311-4.7.1-2")]
    [Trait("Statement", "MQTT311-4.7.1-3")]
    public async Task A_filter_matches_a_topic_live_and_retained(string filter, string topic, bool matches)
    {
        await using var broker = await TestBroker.StartAsync();
        foreach (var version in new[] { ProtocolVersion.Mqtt311, ProtocolVersion.Mqtt5 })
        {
            await using var client = await broker.ConnectAsync("c", version);
            await client.SubscribeAsync(filter);
            await client.PublishAsync(topic, "1", retain: true);
            if (matches)
                (await client.ExpectMessageAsync()).Topic.ShouldBe(topic);
            await client.ExpectNothingAsync();

            await client.SubscribeAsync(filter);
            if (matches)
                (await client.ExpectMessageAsync()).Retain.ShouldBeTrue();
            await client.ExpectNothingAsync();
            await client.PublishAsync(topic, "", retain: true);
        }
    }

    [Theory]
    [InlineData("#", false)]
    [InlineData("+/x", false)]
    [InlineData("+/#", false)]
    [InlineData("$own/x", true)]
    [InlineData("$own/+", true)]
    [InlineData("$own/#", true)]
    [Trait("Statement", "MQTT5-4.7.2-1")]
    [Trait("Statement", "MQTT311-4.7.2-1")]
    public async Task A_topic_that_begins_with_a_dollar_sign_is_matched_only_by_name(string filter, bool matches)
    {
        var demo = TestBroker.Demo with { Acl = [.. TestBroker.Demo.Acl, AclRules.Parse("allow all $own/#")] };
        await using var broker = await TestBroker.StartAsync(demo);
        foreach (var version in new[] { ProtocolVersion.Mqtt311, ProtocolVersion.Mqtt5 })
        {
            await using var client = await broker.ConnectAsync("c", version);
            await client.SubscribeAsync(filter);
            await client.PublishAsync("$own/x", "1", retain: true);
            if (matches)
                await client.ExpectMessageAsync();
            await client.ExpectNothingAsync();

            await client.SubscribeAsync(filter);
            if (matches)
                await client.ExpectMessageAsync();
            await client.ExpectNothingAsync();
            await client.PublishAsync("$own/x", "", retain: true);
        }
    }

    [Theory]
    [InlineData("\u00E9", "e\u0301")]
    [InlineData("\uFEFFa", "a")]
    [InlineData("\u212A", "K")]
    [InlineData("a\u200D", "a")]
    [Trait("Statement", "MQTT5-4.7.3-4")]
    [Trait("Statement", "MQTT311-4.7.3-4")]
    [Trait("Statement", "MQTT5-1.5.4-3")]
    [Trait("Statement", "MQTT311-1.5.3-3")]
    public async Task Names_that_only_look_alike_are_different(string subscribed, string published)
    {
        await using var broker = await TestBroker.StartAsync();
        foreach (var version in new[] { ProtocolVersion.Mqtt311, ProtocolVersion.Mqtt5 })
        {
            await using var client = await broker.ConnectAsync("c", version);
            await client.SubscribeAsync(subscribed);

            await client.PublishAsync(published, "other");
            await client.PublishAsync(subscribed, "same");

            var message = await client.ExpectMessageAsync();
            message.Text.ShouldBe("same");
            Encoding.UTF8.GetBytes(message.Topic).ShouldBe(Encoding.UTF8.GetBytes(subscribed));
        }
    }

    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-4.7.3-3")]
    [Trait("Statement", "MQTT311-4.7.3-3")]
    public async Task Topics_may_have_all_of_65535_bytes(ProtocolVersion version)
    {
        var limits = new Starling.Broker.Tenants.Quotas.TenantLimits { TopicLength = 65_535 };
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = limits });
        await using var client = await broker.ConnectAsync("c", version);
        var topic = new string('a', 65_533) + "/b";
        await client.SubscribeAsync(topic[..^1] + "+");

        await client.PublishAsync(topic, "1");

        (await client.ExpectMessageAsync()).Topic.ShouldBe(topic);
    }
}
