using System.Net;
using Microsoft.AspNetCore.Identity;
using Starling.Broker.Tenants.Authentication;
using Starling.Broker.Tenants.Collisions;
using Starling.Broker.Tenants.Credentials;

namespace Starling.Broker.Tests.Tenants.Authentication;

public sealed class PasswordCheckQueueTests
{
    [Fact]
    public void A_flood_on_one_tenant_leaves_room_and_turns_for_another()
    {
        var queue = new PasswordCheckQueue(capacity: 4, capacityPerTenant: 3);
        var flood = Enumerable.Range(0, 5).Select(_ => Check()).ToArray();
        var login = Check();

        flood.Select(check => queue.TryAdd("flooded", default, check)).ShouldBe([true, true, true, false, false]);
        queue.TryAdd("quiet", default, login).ShouldBeTrue();

        queue.Take().ShouldBeSameAs(flood[0]);
        queue.Take().ShouldBeSameAs(login);
        queue.Take().ShouldBeSameAs(flood[1]);
    }

    [Fact]
    public void In_a_full_queue_nobody_gives_way_to_one_who_would_have_as_much()
    {
        var queue = new PasswordCheckQueue(capacity: 2, capacityPerTenant: 2);
        queue.TryAdd("a", default, Check());
        queue.TryAdd("b", default, Check());

        queue.TryAdd("c", default, Check()).ShouldBeFalse();
        queue.Count.ShouldBe(2);
    }

    [Fact]
    public async Task In_a_full_queue_the_heaviest_tenant_gives_way()
    {
        var queue = new PasswordCheckQueue(capacity: 4, capacityPerTenant: 3);
        var flood = Enumerable.Range(0, 3).Select(_ => Check()).ToArray();
        foreach (var check in flood)
            queue.TryAdd("flooded", default, check);
        queue.TryAdd("b", default, Check());
        var login = Check();

        queue.TryAdd("quiet", default, login).ShouldBeTrue();

        (await flood[2].Verdict).ShouldBe(PasswordVerdict.Busy);
        queue.Count.ShouldBe(4);
        queue.Take().ShouldBeSameAs(flood[0]);
        queue.Take();
        queue.Take().ShouldBeSameAs(login);
    }

    [Fact]
    public async Task Within_a_tenant_the_heaviest_address_gives_way_and_the_others_have_their_turn()
    {
        var queue = new PasswordCheckQueue(capacity: 10, capacityPerTenant: 3);
        var flood = Enumerable.Range(0, 4).Select(_ => Check()).ToArray();
        flood.Select(check => queue.TryAdd("a", At(1), check)).ShouldBe([true, true, true, false]);
        var login = Check();

        queue.TryAdd("a", At(2), login).ShouldBeTrue();

        (await flood[2].Verdict).ShouldBe(PasswordVerdict.Busy);
        queue.Take().ShouldBeSameAs(flood[0]);
        queue.Take().ShouldBeSameAs(login);
        queue.Take().ShouldBeSameAs(flood[1]);
        queue.Count.ShouldBe(0);
    }

    [Fact]
    public void A_tenant_or_address_whose_checks_have_given_way_is_passed_over()
    {
        var queue = new PasswordCheckQueue(capacity: 3, capacityPerTenant: 3);
        queue.TryAdd("a", At(1), Check());
        queue.TryAdd("a", At(2), Check());
        queue.TryAdd("a", At(2), Check());
        PasswordCheck[] others = [Check(), Check()];
        queue.TryAdd("b", default, others[0]).ShouldBeTrue();
        queue.TryAdd("c", default, others[1]).ShouldBeTrue();

        PasswordCheck?[] taken = [queue.Take(), queue.Take(), queue.Take()];

        taken[1..].ShouldBe(others);
        queue.Count.ShouldBe(0);
    }

    [Fact]
    public void A_closed_queue_gives_what_is_left_and_then_nothing()
    {
        var queue = new PasswordCheckQueue(2, 2);
        var check = Check();
        queue.TryAdd("a", default, check);
        queue.Close();

        queue.TryAdd("a", default, Check()).ShouldBeFalse();
        queue.Take().ShouldBeSameAs(check);
        queue.Take().ShouldBeNull();
    }

    [Fact]
    public async Task A_login_whose_client_is_gone_costs_no_hash()
    {
        var check = new PasswordCheck("not even a hash", null, [], 0, new CancellationToken(canceled: true));

        check.Run(new PasswordHasher<User>());

        await Should.ThrowAsync<OperationCanceledException>(() => check.Verdict);
    }

    [Fact]
    public void An_unmatchable_hash_costs_what_its_model_costs()
    {
        var model = new PasswordHasher<string>().HashPassword("", "x");

        foreach (var hash in new[] { PasswordHashFormat.Unmatchable(model), PasswordHashFormat.Unmatchable(null) })
        {
            PasswordHashFormat.Explain(hash).ShouldBeNull();
            PasswordHashFormat.IterationsOf(hash).ShouldBe(PasswordHashFormat.IterationsOf(model));
            hash.ShouldNotBe(model);
        }
    }

    private static Place At(byte last) => Place.Of(new IPAddress([192, 0, 2, last]));

    private static PasswordCheck Check() => new(string.Empty, null, [], 0, default);
}
