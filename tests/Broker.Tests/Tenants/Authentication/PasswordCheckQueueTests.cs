using Microsoft.AspNetCore.Identity;
using Starling.Broker.Tenants.Authentication;
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

        flood.Select(check => queue.TryAdd("flooded", check)).ShouldBe([true, true, true, false, false]);
        queue.TryAdd("quiet", login).ShouldBeTrue();

        queue.Take().ShouldBeSameAs(flood[0]);
        queue.Take().ShouldBeSameAs(login);
        queue.Take().ShouldBeSameAs(flood[1]);
    }

    [Fact]
    public void A_full_queue_takes_nothing_from_anybody()
    {
        var queue = new PasswordCheckQueue(capacity: 2, capacityPerTenant: 2);
        queue.TryAdd("a", Check());
        queue.TryAdd("b", Check());

        queue.TryAdd("c", Check()).ShouldBeFalse();
        queue.Count.ShouldBe(2);
    }

    [Fact]
    public void A_closed_queue_gives_what_is_left_and_then_nothing()
    {
        var queue = new PasswordCheckQueue(2, 2);
        var check = Check();
        queue.TryAdd("a", check);
        queue.Close();

        queue.TryAdd("a", Check()).ShouldBeFalse();
        queue.Take().ShouldBeSameAs(check);
        queue.Take().ShouldBeNull();
    }

    [Fact]
    public async Task A_login_whose_client_is_gone_costs_no_hash()
    {
        var check = new PasswordCheck("not even a hash", [], new CancellationToken(canceled: true));

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

    private static PasswordCheck Check() => new(string.Empty, [], default);
}
