using Starling.Broker.Contracts;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Credentials;
using Starling.Protocol;

namespace Starling.Broker.Tests.Sessions;

/// <summary>A session belongs to the user that made it.</summary>
public sealed class SessionOwnerTests : IDisposable
{
    private static readonly User Ann = new("ann");
    private static readonly User Bob = new("bob");

    private static readonly TenantOptions Tenant = TestCluster.Open with { Users = [new() { Name = "ann" }, new() { Name = "bob" }] };

    private TestCluster _cluster = new(Tenant);

    public void Dispose() => _cluster.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Another_user_gets_neither_the_session_nor_its_messages_nor_an_end_of_it(bool cleanStart)
    {
        await LeaveWithMessageAsync(Ann);

        (await ConnectAsync(Bob, cleanStart)).ReasonCode.ShouldBe(ReasonCode.ClientIdentifierNotValid);

        var again = await ConnectAsync(Ann);
        again.SessionPresent.ShouldBeTrue();
        _cluster.Edge.InboxPayloadsFor("c").ShouldBe(["for the owner"]);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(60u)]
    public async Task Another_user_does_not_end_a_connection(uint expiry)
    {
        await _cluster.ConnectAsync("c", expiry, user: Ann);

        (await ConnectAsync(Bob, cleanStart: true)).ReasonCode.ShouldBe(ReasonCode.ClientIdentifierNotValid);

        _cluster.Edge.Closed.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_owner_is_known_after_a_restart()
    {
        await LeaveWithMessageAsync(Ann);
        _cluster = _cluster.Restart();
        _cluster.Directory.Apply([Tenant]);

        (await ConnectAsync(Bob)).ReasonCode.ShouldBe(ReasonCode.ClientIdentifierNotValid);
        (await ConnectAsync(Ann)).SessionPresent.ShouldBeTrue();
    }

    [Fact]
    public async Task When_the_session_has_ended_the_client_id_is_free()
    {
        var connected = await _cluster.ConnectAsync("c", user: Ann);
        await _cluster.DisconnectAsync("c", connected.Epoch, expiry: 0);

        (await ConnectAsync(Bob)).ReasonCode.ShouldBe(ReasonCode.Success);
        (await ConnectAsync(Ann)).ReasonCode.ShouldBe(ReasonCode.ClientIdentifierNotValid);
    }

    [Fact]
    public async Task The_session_of_a_user_that_is_gone_is_thrown_away_for_the_next_one()
    {
        await LeaveWithMessageAsync(Ann);
        _cluster.Directory.Apply([Tenant with { Users = [Tenant.Users[1]] }]);

        var connected = await ConnectAsync(Bob);

        (connected.ReasonCode, connected.SessionPresent).ShouldBe((ReasonCode.Success, false));
        _cluster.Edge.InboxPayloadsFor("c").ShouldBeEmpty();
    }

    [Fact]
    public async Task An_anonymous_session_is_for_the_next_user_and_from_then_on_for_that_user_only()
    {
        await LeaveWithMessageAsync(User.Anonymous);

        (await ConnectAsync(Ann)).SessionPresent.ShouldBeTrue();

        (await ConnectAsync(Bob)).ReasonCode.ShouldBe(ReasonCode.ClientIdentifierNotValid);
        (await ConnectAsync(User.Anonymous)).ReasonCode.ShouldBe(ReasonCode.ClientIdentifierNotValid);
    }

    [Fact]
    public async Task A_session_from_before_owners_were_known_is_for_the_next_user()
    {
        await LeaveWithMessageAsync(user: null);

        (await ConnectAsync(Ann)).SessionPresent.ShouldBeTrue();

        (await ConnectAsync(Bob)).ReasonCode.ShouldBe(ReasonCode.ClientIdentifierNotValid);
    }

    [Fact]
    public async Task An_edge_that_does_not_tell_the_user_leaves_the_owner_as_it_is()
    {
        await LeaveWithMessageAsync(Ann);

        (await ConnectAsync(user: null)).SessionPresent.ShouldBeTrue();

        (await ConnectAsync(Bob)).ReasonCode.ShouldBe(ReasonCode.ClientIdentifierNotValid);
    }

    private Task<SessionConnected> ConnectAsync(User? user, bool cleanStart = false) =>
        _cluster.ConnectAsync("c", cleanStart: cleanStart, user: user);

    private async Task LeaveWithMessageAsync(User? user)
    {
        var connected = await ConnectAsync(user);
        await _cluster.Session("c").SubscribeAsync(connected.Epoch, [new Subscription("a", new SubscriptionOptions(QualityOfService.AtLeastOnce), null)]);
        await _cluster.DisconnectAsync("c", connected.Epoch);
        await _cluster.PublishAsync(TestCluster.Message("a", "for the owner"));
        _cluster.Edge.Closed.Clear();
    }
}
