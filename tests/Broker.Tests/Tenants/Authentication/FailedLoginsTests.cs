using System.Net;
using Starling.Broker.Tenants.Authentication;
using Starling.Broker.Tenants.Collisions;
using Starling.Testing;

namespace Starling.Broker.Tests.Tenants.Authentication;

public sealed class FailedLoginsTests
{
    private static readonly Place Home = At(1);
    private static readonly Place Elsewhere = At(2);

    private readonly ManualTime _time = new();
    private readonly FailedLogins _failed;

    public FailedLoginsTests() => _failed = new(_time);

    [Fact]
    public void A_user_is_held_off_for_longer_with_each_failure_beyond_those_that_are_free()
    {
        Fail(FailedLogins.FreePerUser, "ann", from: i => At(i));
        IsHeld("ann", At(200)).ShouldBeFalse();

        foreach (var seconds in (int[])[1, 2, 4, 8, 16, 32, 60, 60])
        {
            Fail(1, "ann", from: _ => At(201));
            _time.Advance(TimeSpan.FromSeconds(seconds - 0.1));
            IsHeld("ann", At(200)).ShouldBeTrue();
            _time.Advance(TimeSpan.FromSeconds(0.1));
            IsHeld("ann", At(200)).ShouldBeFalse();
        }
    }

    [Fact]
    public void Guesses_of_others_do_not_lock_a_user_out_of_the_address_it_logged_in_from()
    {
        _failed.Succeeded("acme", "ann", Home);
        Fail(100, "ann", from: i => At(i + 10));

        IsHeld("ann", Elsewhere).ShouldBeTrue();
        IsHeld("ann", Home).ShouldBeFalse();
    }

    [Fact]
    public void A_user_is_held_off_at_its_own_address_by_failures_there()
    {
        _failed.Succeeded("acme", "ann", Home);
        Fail(FailedLogins.FreePerUser + 1, "ann", from: _ => Home);

        IsHeld("ann", Home).ShouldBeTrue();
        IsHeld("ann", Elsewhere).ShouldBeFalse();
    }

    [Fact]
    public void An_address_is_held_off_whoever_it_claims_to_be_at_one_tenant()
    {
        for (var i = 0; i <= FailedLogins.FreePerAddress; i++)
            Fail(1, $"guess{i}", from: _ => Home);

        IsHeld("new", Home).ShouldBeTrue();
        IsHeld("new", Elsewhere).ShouldBeFalse();
        _failed.IsHeldOff("other", "new", Home).ShouldBeFalse();
    }

    [Fact]
    public void What_is_long_past_is_forgotten()
    {
        Fail(20, "ann", from: _ => Home);
        _time.Advance(FailedLogins.Memory + TimeSpan.FromSeconds(1));

        Fail(1, "ann", from: _ => Home);

        IsHeld("ann", Home).ShouldBeFalse();
    }

    [Fact]
    public void Memory_is_bounded()
    {
        for (var i = 0; i < FailedLogins.Capacity * 2; i++)
            _failed.Failed("acme", $"user{i}", null);

        _failed.Count.ShouldBeLessThanOrEqualTo(FailedLogins.Capacity);
    }

    private bool IsHeld(string user, Place place) => _failed.IsHeldOff("acme", user, place);

    private void Fail(int times, string user, Func<int, Place> from)
    {
        for (var i = 0; i < times; i++)
            _failed.Failed("acme", user, from(i));
    }

    private static Place At(int last) => Place.Of(new IPAddress([192, 0, 2, (byte)last]));
}
