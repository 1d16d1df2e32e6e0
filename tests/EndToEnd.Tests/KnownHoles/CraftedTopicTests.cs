using Starling.Protocol;
using Starling.Testing;

namespace Starling.EndToEnd.Tests.KnownHoles;

/// <summary>Topics, filters and properties that are valid and unkind.</summary>
public sealed class CraftedTopicTests
{
    private static readonly string Slashes = new('/', 65_535);

    [Fact]
    public async Task Mosquitto_1412_A_topic_of_65535_slashes_is_over_the_limit()
    {
        await using var target = await Target.StartAsync();
        await using var client = await target.ConnectAsync("c");

        (await client.PublishAsync(Slashes, "x", QualityOfService.AtLeastOnce)).ShouldBe(ReasonCode.TopicNameInvalid);
        (await client.SubscribeAsync(new SubscribePacket { PacketIdentifier = 9, Subscriptions = [new(Slashes, new(QualityOfService.AtMostOnce))] }))
            .ReasonCodes.ShouldBe([ReasonCode.TopicFilterInvalid]);

        await target.ShouldBeWellAsync(withinMiB: 24);
    }

    [Fact]
    public async Task Mosquitto_1412_Where_such_topics_are_allowed_they_overflow_no_stack()
    {
        // Levels are counted to 65,535: one slash less.
        var (slashes, plus) = (Slashes[1..], string.Join('/', Enumerable.Repeat('+', 32_768)));
        await using var target = await Target.StartAsync(tenantLimits: new { topicLength = 65_535, topicLevels = 65_535 });
        await using var client = await target.ConnectAsync("c");

        await client.SubscribeAsync(slashes, QualityOfService.AtLeastOnce);
        await client.SubscribeAsync(plus, QualityOfService.AtLeastOnce);
        await client.SubscribeAsync(slashes[..^1] + "#", QualityOfService.AtLeastOnce);
        await client.PublishAsync(slashes, "1", QualityOfService.AtLeastOnce, retain: true);
        (await client.ExpectMessageAsync()).Topic.ShouldBe(slashes);
        await client.PublishAsync(new string('/', 32_767), "2", QualityOfService.AtLeastOnce);
        (await client.ExpectMessageAsync()).Text.ShouldBe("2");
        await client.SubscribeAsync("#", QualityOfService.AtLeastOnce);
        (await client.ExpectMessageAsync()).Text.ShouldBe("1");
        await client.UnsubscribeAsync(plus, slashes);

        await target.ShouldBeWellAsync(withinMiB: 64);
    }

    [Fact]
    public async Task CVE_2018_12543_CVE_2021_34432_Topics_and_filters_of_a_dollar_sign_or_of_nothing_harm_nobody()
    {
        await using var target = await Target.StartAsync();
        string[] valid = ["$", "$/", "/", "//", "$SYS", "$SYS/", "$share", "$x/y"];
        foreach (var topic in valid)
        {
            await using var client = await target.ConnectAsync("c");
            await client.SubscribeAsync(new SubscribePacket { PacketIdentifier = 1, Subscriptions = [new(topic, new(QualityOfService.AtLeastOnce))] });
            await client.PublishAsync(topic, "x", QualityOfService.AtLeastOnce, retain: true);
            await client.UnsubscribeAsync(topic);
        }

        byte[][] invalid =
        [
            Bytes.Packet(0x30, 0, 0, 0),
            Bytes.Packet(0x82, 0, 1, 0, 0, 0, 0),
            Bytes.Packet(0xA2, 0, 1, 0, 0, 0),
            Bytes.Packet(0x82, [0, 1, 0, .. Bytes.Text("$share/"), 0]),
            Bytes.Packet(0x82, [0, 1, 0, .. Bytes.Text("$share//a"), 0]),
            Bytes.Packet(0x82, [0, 1, 0, .. Bytes.Text("$share/g/"), 0]),
            Bytes.Packet(0x82, [0, 1, 0, .. Bytes.Text("$share/+/a"), 0]),
        ];
        foreach (var packet in invalid)
        {
            await using var client = await target.ConnectAsync("c");
            await client.SendAsync(packet);
            (await client.ExpectAsync<DisconnectPacket>()).ReasonCode.ShouldBeOneOf(
                ReasonCode.MalformedPacket, ReasonCode.ProtocolError, ReasonCode.TopicNameInvalid, ReasonCode.TopicFilterInvalid);
        }

        await target.ShouldBeWellAsync(withinMiB: 24);
    }

    [Fact]
    [Trait("Lane", "alone")]
    public async Task CVE_2021_41039_Ten_thousand_user_properties_cost_about_what_copying_them_costs()
    {
        await using var target = await Target.StartAsync();
        await using var pair = await HealthyPair.StartAsync(target);
        UserProperty[] many = [.. Enumerable.Range(0, 10_000).Select(i => new UserProperty("", ""))];
        await using var subscriber = await target.ConnectAsync("s");
        await using var publisher = await target.OpenAsync();
        (await publisher.ConnectAsync(Target.Login("p") with { UserProperties = many })).ReasonCode.ShouldBe(ReasonCode.Success);
        await subscriber.SubscribeAsync(new SubscribePacket
        {
            PacketIdentifier = 1,
            UserProperties = many,
            Subscriptions = [new("a", new(QualityOfService.AtLeastOnce))],
        });
        var message = new PublishMessage { Topic = "a", QoS = QualityOfService.AtLeastOnce, Properties = new() { UserProperties = many } };
        var before = target.Broker.Figures.ProcessorTime;

        for (var i = 0; i < 200; i++)
        {
            await publisher.PublishAsync(message);
            (await subscriber.ExpectMessageAsync()).Properties.UserProperties.Count.ShouldBe(10_000);
        }

        var each = (target.Broker.Figures.ProcessorTime - before) / 200;
        TestContext.Current.TestOutputHelper?.WriteLine($"{each.TotalMilliseconds:0.00} ms of processor time each");
        each.ShouldBeLessThan(TimeSpan.FromMilliseconds(20));
        await pair.ShouldHaveBeenWellAsync(medianMilliseconds: 50, worstMilliseconds: 2000);
        await target.ShouldBeWellAsync(withinMiB: 64);
    }

    [Fact]
    [Trait("Lane", "alone")]
    public async Task One_SUBSCRIBE_with_as_many_filters_as_fit_keeps_nobody_waiting()
    {
        await using var target = await Target.StartAsync();
        await using var pair = await HealthyPair.StartAsync(target);
        await using var client = await target.ConnectAsync("c");
        await client.PublishAsync("a", new string('x', 1000), QualityOfService.AtLeastOnce, retain: true);
        // The same one, again and again, asks for 250,000 replays of the retained message; of different ones 10,000 are granted.
        var same = Enumerable.Repeat("a", 250_000);
        var different = Enumerable.Range(0, 80_000).Select(i => $"{i}/+");

        foreach (var filters in new[] { same, different })
        {
            await using var greedy = await target.ConnectAsync("greedy", receiveMaximum: 1);
            await greedy.SendAsync(Bytes.Packet(0x82, [0, 1, 0, .. filters.SelectMany(filter => (byte[])[.. Bytes.Text(filter), 0])]));
            var reasons = (await greedy.ExpectAsync<SubAckPacket>()).ReasonCodes;
            reasons.Count(reason => reason < ReasonCode.UnspecifiedError).ShouldBe(filters.First() == "a" ? 250_000 : 10_000);
            await greedy.DisposeAsync();
        }

        await pair.ShouldHaveBeenWellAsync(medianMilliseconds: 50, worstMilliseconds: 2000);
        await target.ShouldBeWellAsync(withinMiB: 256);
    }
}
