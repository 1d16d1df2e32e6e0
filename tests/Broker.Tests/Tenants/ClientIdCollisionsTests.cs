using System.Net;
using Microsoft.Extensions.Logging;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Collisions;

namespace Starling.Broker.Tests.Tenants;

public sealed class ClientIdCollisionsTests : IDisposable
{
    private static readonly IPAddress A = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress B = IPAddress.Parse("192.0.2.2");
    private static readonly IPAddress C = IPAddress.Parse("192.0.2.3");

    private readonly House _house = new(new TenantOptions { Name = "acme" }, new TenantOptions { Name = "beta" });
    private readonly CapturedLog<ClientIdCollisions> _log = new();
    private readonly ClientIdCollisions _collisions;

    public ClientIdCollisionsTests() => _collisions = new(_house.Time, _house.Metrics, _log);

    public void Dispose() => _house.Dispose();

    [Fact]
    public void Two_devices_that_keep_kicking_each_other_off_are_noticed_at_the_fifth_takeover_and_the_older_stays()
    {
        Fight(5).ShouldBe([Over, Over, Over, Over, Keep]);

        Observe(A, B).ShouldBe(Keep);
        _house.Counted("starling.client_id.collisions{tenant=acme}").ShouldBe(1);
        _house.Counted("starling.client_id.refused_takeovers{tenant=acme}").ShouldBe(2);
    }

    [Fact]
    public void One_warning_names_the_client_id_both_addresses_and_the_rate()
    {
        Fight(5);
        for (var i = 0; i < 20; i++)
            Observe(A, B);

        _log.At(LogLevel.Warning).ShouldHaveSingleItem().ShouldBe(
            "Tenant acme: two devices use client id twin: 192.0.2.1 (kept) and 192.0.2.2 (refused for 60 s), 5 takeovers in 60 s. Give one of them another client id.");
    }

    [Fact]
    public void The_warning_comes_again_in_the_next_window_while_the_newcomer_keeps_trying()
    {
        _house.Directory.Apply([_house["acme"].Options with { ClientIdCollisions = new() { Hold = TimeSpan.FromMinutes(5) } }]);
        Fight(5);

        for (var second = 0; second < 119; second++)
        {
            _house.Time.Advance(TimeSpan.FromSeconds(1));
            Observe(A, B);
        }

        _log.At(LogLevel.Warning).Count().ShouldBe(2);
    }

    [Fact]
    public void After_the_hold_the_newcomer_gets_another_chance_and_a_fight_that_goes_on_is_held_for_twice_as_long()
    {
        Fight(5);
        _house.Time.Advance(TimeSpan.FromSeconds(59));
        Observe(A, B).ShouldBe(Keep);
        _house.Time.Advance(TimeSpan.FromSeconds(1));

        Fight(5).ShouldBe([Over, Over, Over, Over, Keep]);
        _house.Time.Advance(TimeSpan.FromSeconds(119));
        Observe(A, B).ShouldBe(Keep);
        _house.Time.Advance(TimeSpan.FromSeconds(1));
        Observe(A, B).ShouldBe(Over);
    }

    [Fact]
    public void Holds_grow_up_to_their_maximum_and_start_again_after_peace()
    {
        for (var i = 0; i < 8; i++)
        {
            Fight(5)[4].ShouldBe(Keep);
            _house.Time.Advance(TimeSpan.FromMinutes(10));
        }
        _house.Time.Advance(TimeSpan.FromMinutes(10));
        Fight(5)[4].ShouldBe(Keep);
        _house.Time.Advance(TimeSpan.FromSeconds(60));
        Observe(A, B).ShouldBe(Over);
    }

    [Fact]
    public void A_device_that_reconnects_quickly_from_one_address_is_never_punished()
    {
        for (var i = 0; i < 100; i++)
            Observe(A, A).ShouldBe(Over);
        _log.Lines.ShouldBeEmpty();
        _house["acme"].Collisions.Count.ShouldBe(0);
    }

    [Fact]
    public void The_older_device_itself_may_reconnect_during_a_hold()
    {
        Fight(5);

        Observe(A, A).ShouldBe(Over);
    }

    [Fact]
    public void A_device_that_roams_through_new_addresses_is_never_punished()
    {
        for (byte i = 1; i < 100; i++)
            Observe(new IPAddress([192, 0, 2, i]), new IPAddress([192, 0, 2, (byte)(i + 1)])).ShouldBe(Over);
    }

    [Fact]
    public void A_few_takeovers_now_and_then_are_nothing()
    {
        for (var i = 0; i < 50; i++)
        {
            Fight(2).ShouldBe([Over, Over]);
            _house.Time.Advance(TimeSpan.FromSeconds(40));
        }
    }

    [Fact]
    public void Three_devices_with_one_client_id_are_noticed_too()
    {
        var verdicts = new List<TakeoverVerdict>();
        IPAddress[] all = [A, B, C];
        for (var i = 0; i < 7; i++)
            verdicts.Add(Observe(all[i % 3], all[(i + 1) % 3]));

        verdicts.ShouldContain(Keep);
    }

    [Fact]
    public void An_IPv4_address_is_the_same_in_IPv6_clothes_and_an_IPv6_device_is_known_by_its_network()
    {
        for (var i = 0; i < 10; i++)
        {
            Observe(A, A.MapToIPv6()).ShouldBe(Over);
            Observe(IPAddress.Parse("2001:db8::1"), IPAddress.Parse("2001:db8::2")).ShouldBe(Over);
        }
        _house["acme"].Collisions.Count.ShouldBe(0);
    }

    [Fact]
    public void The_same_client_id_in_another_tenant_is_another_client()
    {
        Fight(5);

        _collisions.Observe(_house["beta"], "twin", A, B).ShouldBe(Over);
    }

    [Fact]
    public void It_can_be_turned_off_and_set()
    {
        var options = _house["acme"].Options;
        _house.Directory.Apply([options with { ClientIdCollisions = new() { Enabled = false } }]);
        Fight(50).ShouldAllBe(verdict => verdict == Over);
        _house.Directory.Apply([options with { ClientIdCollisions = new() { Threshold = 3 } }]);

        Fight(3).ShouldBe([Over, Over, Keep]);
    }

    [Fact]
    public void What_is_remembered_is_bounded_and_a_fight_is_not_forgotten_for_a_crowd_of_others()
    {
        Fight(5);

        for (var i = 0; i < 3 * CollisionTable.Capacity; i++)
            _collisions.Observe(_house["acme"], $"other{i}", A, B);

        _house["acme"].Collisions.Count.ShouldBe(CollisionTable.Capacity);
        Observe(A, B).ShouldBe(Keep);
    }

    private static TakeoverVerdict Over => TakeoverVerdict.TakeOver;

    private static TakeoverVerdict Keep => TakeoverVerdict.KeepOlder;

    private TakeoverVerdict Observe(IPAddress older, IPAddress newer) => _collisions.Observe(_house["acme"], "twin", older, newer);

    /// <summary>A has it, B takes over, A takes it back, ...</summary>
    private TakeoverVerdict[] Fight(int takeovers) =>
        [.. Enumerable.Range(0, takeovers).Select(i => i % 2 == 0 ? Observe(A, B) : Observe(B, A))];
}
