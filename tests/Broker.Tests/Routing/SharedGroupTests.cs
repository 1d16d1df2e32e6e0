using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Routing;
using Starling.Broker.Tenants;
using Starling.Protocol;

namespace Starling.Broker.Tests.Routing;

public sealed class SharedGroupTests
{
    private static readonly SharedGroupKey Key = new("g", "a/#");

    private readonly SharedGroup _group = new(Key);

    [Fact]
    public void Round_robin_takes_turns()
    {
        Join("a", "b", "c");

        Picks(SharedSubscriptionStrategy.RoundRobin, 6).ShouldBe(["a", "b", "c", "a", "b", "c"]);
    }

    [Fact]
    public void Round_robin_goes_on_when_a_member_leaves()
    {
        Join("a", "b", "c");
        Picks(SharedSubscriptionStrategy.RoundRobin, 3);

        _group.Leave("c", long.MaxValue).ShouldBe(2);

        Picks(SharedSubscriptionStrategy.RoundRobin, 4).ShouldBe(["a", "b", "a", "b"]);
    }

    [Fact]
    public void Sticky_keeps_a_publisher_with_its_member_when_others_come()
    {
        Join("a", "b");
        var before = Enumerable.Range(0, 50).Select(i => Pick(SharedSubscriptionStrategy.Sticky, $"p{i}")).ToArray();

        Join("c");
        var after = Enumerable.Range(0, 50).Select(i => Pick(SharedSubscriptionStrategy.Sticky, $"p{i}")).ToArray();

        after.Zip(before).ShouldAllBe(pair => pair.First == pair.Second || pair.First == "c");
    }

    [Fact]
    public void Sticky_spreads_publishers_over_members()
    {
        Join("a", "b");

        Enumerable.Range(0, 200).Select(i => Pick(SharedSubscriptionStrategy.Sticky, $"p{i}")).Distinct().Count().ShouldBe(2);
    }

    [Fact]
    public void Least_in_flight_passes_over_a_member_that_does_not_acknowledge()
    {
        Join("slow", "fast");
        for (var i = 0; i < 2; i++)
            Pick(SharedSubscriptionStrategy.LeastInFlight);

        var picked = new List<string?>();
        for (var i = 0; i < 5; i++)
        {
            _group.Complete("fast", 1);
            picked.Add(Pick(SharedSubscriptionStrategy.LeastInFlight));
        }

        picked.ShouldAllBe(member => member == "fast");
    }

    [Fact]
    public void Least_in_flight_shares_evenly_what_is_not_acknowledged_at_all()
    {
        Join("a", "b", "c");

        Picks(SharedSubscriptionStrategy.LeastInFlight, 30).GroupBy(m => m).ShouldAllBe(m => m.Count() == 10);
    }

    [Fact]
    public void Local_first_chooses_a_member_of_the_edge_that_brings_the_message()
    {
        _group.Join(Member("far", edge: "e2"));
        _group.Join(Member("near", edge: "e1"));

        Enumerable.Range(0, 4).Select(_ => Pick(SharedSubscriptionStrategy.LocalFirst, origin: "e1")).ShouldAllBe(m => m == "near");
        Pick(SharedSubscriptionStrategy.LocalFirst, origin: "e3").ShouldNotBeNull();
    }

    [Theory]
    [InlineData(SharedSubscriptionStrategy.RoundRobin)]
    [InlineData(SharedSubscriptionStrategy.Sticky)]
    [InlineData(SharedSubscriptionStrategy.LeastInFlight)]
    [InlineData(SharedSubscriptionStrategy.LocalFirst)]
    public void A_member_that_is_away_is_chosen_only_when_nobody_is_there(SharedSubscriptionStrategy strategy)
    {
        _group.Join(Member("away", edge: null, durable: true));
        _group.Join(Member("here"));
        Picks(strategy, 3).ShouldAllBe(m => m == "here");

        _group.Leave("here", long.MaxValue);

        Pick(strategy).ShouldBe("away");
    }

    [Fact]
    public void A_member_that_is_away_gets_nothing_of_QoS_0()
    {
        _group.Join(Member("away", edge: null, durable: true));

        Pick(SharedSubscriptionStrategy.RoundRobin, qos: QualityOfService.AtMostOnce).ShouldBeNull();
    }

    [Fact]
    public void A_member_that_is_away_and_subscribed_at_QoS_0_keeps_nothing()
    {
        _group.Join(Member("away", edge: null, durable: true, QualityOfService.AtMostOnce));

        Pick(SharedSubscriptionStrategy.RoundRobin).ShouldBeNull();
    }

    [Fact]
    public void Joining_again_replaces_the_member()
    {
        Join("a");

        _group.Join(Member("a", qos: QualityOfService.ExactlyOnce)).ShouldBe(1);

        Chosen()!.Options.MaximumQoS.ShouldBe(QualityOfService.ExactlyOnce);
    }

    [Theory]
    [InlineData(SharedSubscriptionStrategy.RoundRobin)]
    [InlineData(SharedSubscriptionStrategy.Sticky)]
    [InlineData(SharedSubscriptionStrategy.LeastInFlight)]
    [InlineData(SharedSubscriptionStrategy.LocalFirst)]
    public void Nobody_is_chosen_who_has_been_tried(SharedSubscriptionStrategy strategy)
    {
        Join("a", "b");

        Pick(strategy, except: ["a"]).ShouldBe("b");
        Pick(strategy, except: ["a", "b"]).ShouldBeNull();
    }

    [Fact]
    public void What_a_durable_member_leaves_does_not_go_to_one_that_is_away_too()
    {
        _group.Join(Member("gone", edge: null, durable: true));
        _group.Join(Member("away", edge: null, durable: true));

        Pick(SharedSubscriptionStrategy.RoundRobin, except: ["gone"]).ShouldBeNull();
    }

    [Fact]
    public void What_a_member_leaves_whose_session_is_over_goes_to_one_that_is_away()
    {
        _group.Join(Member("away", edge: null, durable: true));

        Pick(SharedSubscriptionStrategy.RoundRobin, except: ["gone"]).ShouldBe("away");
    }

    private static SharedMember Member(
        string clientId, string? edge = "e1", bool durable = false, QualityOfService qos = QualityOfService.AtLeastOnce) =>
        new(clientId, new SubscriptionOptions(qos), null, edge, durable);

    private void Join(params string[] clientIds)
    {
        foreach (var clientId in clientIds)
            _group.Join(Member(clientId));
    }

    private SharedMember? Chosen() => _group.Pick(Published("p", QualityOfService.AtLeastOnce), SharedSubscriptionStrategy.RoundRobin, null, []);

    private static Message Published(string publisher, QualityOfService qos) =>
        Message.Create(new Topic("a/b"), "1"u8, qos, publisher: new Publisher(publisher, 1));

    private string?[] Picks(SharedSubscriptionStrategy strategy, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => Pick(strategy))];

    private string? Pick(
        SharedSubscriptionStrategy strategy,
        string publisher = "p",
        string? origin = null,
        QualityOfService qos = QualityOfService.AtLeastOnce,
        string[]? except = null) =>
        _group.Pick(Published(publisher, qos), strategy, origin, except ?? [])?.ClientId;
}
