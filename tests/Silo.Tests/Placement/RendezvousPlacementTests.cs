using System.Net;
using Starling.Grains.Interfaces;
using Starling.Grains.Placement;

namespace Starling.Silo.Tests.Placement;

public class RendezvousPlacementTests
{
    private static readonly SiloAddress[] Silos = [.. Enumerable.Range(0, 5).Select(silo => SiloAddress.New(IPAddress.Loopback, 11111 + silo, 7))];

    private static readonly GrainId[] Sessions = [.. Enumerable.Range(0, 10_000).Select(client =>
        GrainId.Create(GrainTypes.Session, GrainKeys.Session("acme", $"client-{client}")))];

    [Fact]
    public void Each_silo_has_an_equal_part_of_the_sessions()
    {
        foreach (var part in Sessions.CountBy(session => RendezvousPlacement.PlaceOf(session, Silos)))
            part.Value.ShouldBeInRange(1800, 2200);
    }

    [Fact]
    public void When_a_silo_joins_only_its_part_moves_and_it_moves_there()
    {
        var moved = Sessions.Where(session => !RendezvousPlacement.PlaceOf(session, Silos[..4]).Equals(RendezvousPlacement.PlaceOf(session, Silos))).ToArray();

        moved.Length.ShouldBeInRange(1800, 2200);
        moved.ShouldAllBe(session => RendezvousPlacement.PlaceOf(session, Silos).Equals(Silos[4]));
    }

    [Fact]
    public void The_order_of_the_silos_and_how_often_they_were_started_does_not_matter()
    {
        SiloAddress[] others = [.. Silos.Reverse().Select(silo => SiloAddress.New(silo.Endpoint, 8))];

        Sessions.ShouldAllBe(session => RendezvousPlacement.PlaceOf(session, others).Endpoint.Equals(RendezvousPlacement.PlaceOf(session, Silos).Endpoint));
    }

    [Theory]
    [InlineData(3, 3)]
    [InlineData(5, 5)]
    [InlineData(64, 3)]
    [InlineData(7, 4)]
    public void A_tenants_shards_lie_on_all_silos_alike(int shards, int silos)
    {
        for (var tenant = 0; tenant < 100; tenant++)
        {
            var parts = Enumerable.Range(0, shards)
                .Select(shard => RendezvousPlacement.PlaceOf(GrainId.Create(GrainTypes.TopicShard, GrainKeys.Shard($"tenant-{tenant}", shard)), Silos[..silos]))
                .CountBy(silo => silo).Select(part => part.Value).ToArray();
            parts.Length.ShouldBe(Math.Min(shards, silos));
            (parts.Max() - parts.Min()).ShouldBeLessThanOrEqualTo(1);
        }
    }

    [Theory]
    [InlineData("acme", "a/b+c#d")]
    [InlineData("a-1", "")]
    [InlineData("acme", "/")]
    public void Keys_are_read_as_they_were_made(string tenant, string clientId) =>
        GrainKeys.ReadSession(GrainKeys.Session(tenant, clientId)).ShouldBe((tenant, clientId));
}
