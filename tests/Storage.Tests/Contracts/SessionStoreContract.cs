using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Tenants.Credentials;
using Starling.Protocol;
using static Starling.Storage.Tests.Contracts.Stores;

namespace Starling.Storage.Tests.Contracts;

/// <summary>What every <see cref="ISessionStore"/> promises of a session's state and lists.</summary>
public abstract class SessionStoreContract : IAsyncLifetime
{
    protected Stores Stores { get; private set; } = null!;

    private ISessionStore Sessions => Stores.Sessions;

    public async ValueTask InitializeAsync() => Stores = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await Stores.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected abstract Task<Stores> OpenAsync();

    [Fact]
    public async Task What_was_never_saved_is_not_there() => (await Sessions.TakeAsync(Me, 1)).ShouldBeNull();

    [Fact]
    public async Task A_state_is_taken_up_as_it_was_saved()
    {
        var state = new SessionState(
            Epoch: 7,
            new StoredConnection("edge-1", Epoch: 1_800_000_000_001, Attempt: -5, ReceiveMaximum: 65_535, Durable: false, SessionPresent: true),
            ExpirySeconds: 4_000_000_000,
            ExpiresAt: 1_800_000_000_000,
            Will: null,
            WillAt: null,
            NextNumber: 12,
            ConnectionEpoch: 1_800_000_000_001,
            Owner: "ann");
        var hold = await Sessions.SaveAsync(Me, 0, state);

        var taken = await Stores.TakeAsync();

        (hold.Key, hold.Epoch).ShouldBe((Me, 7L));
        taken.Hold.Id.ShouldBe(hold.Id);
        taken.State.ShouldBe(state with { Epoch = 8 });
        taken.Inbox.ShouldBe(new InboxSummary(Next: 12, Count: 0, Bytes: 0));
        (taken.Subscriptions.Count, taken.Received.Count).ShouldBe((0, 0));
    }

    [Fact]
    public async Task A_later_state_replaces_the_earlier_one()
    {
        await Sessions.SaveAsync(Me, 0, new SessionState(3, new StoredConnection("edge", 3), 60, null, Will(User.Anonymous), null, 5, ConnectionEpoch: 3));
        var away = new SessionState(3, null, 60, ExpiresAt: 90_000, null, null, 6, ConnectionEpoch: 3);
        await Sessions.SaveAsync(Me, 3, away);

        (await Stores.TakeAsync()).State.ShouldBe(away with { Epoch = 4 });
    }

    [Theory]
    [InlineData(null)]
    [InlineData("alice")]
    public async Task A_will_comes_back_with_all_that_it_needs(string? user)
    {
        var will = Will(user is null ? User.Anonymous : new User(user));
        await Sessions.SaveAsync(Me, 0, Away(1) with { Will = will, WillAt = 1_800_000_000_000 });

        var state = (await Stores.TakeAsync()).State;

        state.WillAt.ShouldBe(1_800_000_000_000);
        var found = state.Will.ShouldNotBeNull();
        (found.DelaySeconds, found.MessageExpirySeconds, found.User.Name).ShouldBe((will.DelaySeconds, will.MessageExpirySeconds, user));
        Same.Message(found.Message, will.Message);
    }

    [Fact]
    public async Task Subscriptions_are_set_replaced_and_removed()
    {
        var hold = await Stores.BeginAsync();
        await Sessions.SetSubscriptionsAsync(hold, [To("a", 0), To("b"), To("c")], []);

        await Sessions.SetSubscriptionsAsync(hold, [To("a", 2)], ["b", "never"]);

        (await Stores.TakeAsync()).Subscriptions.ShouldBe([To("a", 2), To("c")], ignoreOrder: true);
    }

    [Fact]
    public async Task Subscriptions_keep_every_option_and_their_identifier()
    {
        var hold = await Stores.BeginAsync();
        Subscription[] all =
        [
            .. from qos in Enum.GetValues<QualityOfService>()
               from retain in Enum.GetValues<RetainHandling>()
               from flags in Enumerable.Range(0, 4)
               let options = new SubscriptionOptions(qos, NoLocal: (flags & 1) > 0, RetainAsPublished: (flags & 2) > 0, retain)
               select new Subscription($"{qos}/{retain}/{flags}/+/#", options, flags == 0 ? null : 268_435_455u - (uint)flags),
        ];

        await Sessions.SetSubscriptionsAsync(hold, all, []);

        (await Stores.TakeAsync()).Subscriptions.ShouldBe(all, ignoreOrder: true);
    }

    [Fact]
    public async Task Packet_identifiers_are_recorded_until_they_are_released()
    {
        var hold = await Stores.BeginAsync();
        await Sessions.SetReceivedAsync(hold, [1, 2, 65535], []);
        await Sessions.SetReceivedAsync(hold, [3, 2], [1]);

        (await Stores.TakeAsync()).Received.ShouldBe(new ushort[] { 2, 3, 65535 }, ignoreOrder: true);
    }

    [Fact]
    public async Task Calls_that_nobody_waited_for_are_carried_out_in_order()
    {
        var hold = await Stores.BeginAsync();
        List<Task> calls = [];
        for (ushort i = 1; i <= 300; i++)
        {
            calls.Add(Sessions.SetSubscriptionsAsync(hold, [To("a", i % 3)], [i % 2 == 0 ? "b" : "c"]).AsTask());
            calls.Add(Sessions.SetSubscriptionsAsync(hold, [To(i % 2 == 0 ? "b" : "c", i % 3)], []).AsTask());
            calls.Add(Sessions.SetReceivedAsync(hold, [7], []).AsTask());
            calls.Add(Sessions.SetReceivedAsync(hold, [], [7]).AsTask());
            calls.Add(Sessions.SetReceivedAsync(hold, [i], []).AsTask());
        }

        var taken = Sessions.TakeAsync(Me, 0).AsTask();
        await Task.WhenAll(calls);

        var found = (await taken).ShouldNotBeNull();
        found.Subscriptions.ShouldBe([To("a", 0), To("b", 0), To("c", 2)], ignoreOrder: true);
        found.Received.ShouldBe(Enumerable.Range(1, 300).Where(i => i != 7).Select(i => (ushort)i), ignoreOrder: true);
    }

    [Fact]
    public async Task Client_ids_and_filters_may_have_65535_bytes_and_differ_at_the_end()
    {
        var almost = new string('é', 32_767);
        SessionKey[] keys = [new("acme", almost + "x"), new("acme", almost + "y")];
        foreach (var key in keys)
        {
            var hold = await Stores.BeginAsync(key);
            await Sessions.SetSubscriptionsAsync(hold, [To(key.ClientId, 1), To(key.ClientId[..^1] + "z", 2)], []);
            await Sessions.SetSubscriptionsAsync(hold, [], [key.ClientId[..^1] + "z"]);
        }

        foreach (var key in keys)
            (await Stores.TakeAsync(key)).Subscriptions.ShouldBe([To(key.ClientId)]);
    }

    [Fact]
    public async Task Names_that_differ_in_case_or_tenant_or_by_a_blank_are_others()
    {
        SessionKey[] keys = [new("acme", "c"), new("acme", "C"), new("acme", "c "), new("other", "c"), new("acme", "c\u0301"), new("acme", "ć")];
        foreach (var key in keys)
            await Sessions.SetSubscriptionsAsync(await Stores.BeginAsync(key), [To($"{key.Tenant}/{key.ClientId}")], []);

        foreach (var key in keys)
            (await Stores.TakeAsync(key)).Subscriptions.ShouldHaveSingleItem().Filter.ShouldBe($"{key.Tenant}/{key.ClientId}");
    }

    [Fact]
    public async Task Routes_are_those_of_one_tenant_s_sessions()
    {
        await Sessions.SetSubscriptionsAsync(await Stores.BeginAsync(), [To("a", 2), To("$share/g/b")], []);
        await Sessions.SetSubscriptionsAsync(await Stores.BeginAsync(new SessionKey("acme", "you")), [To("a")], []);
        await Sessions.SetSubscriptionsAsync(await Stores.BeginAsync(new SessionKey("other", "me")), [To("z")], []);
        var gone = await Stores.BeginAsync(new SessionKey("acme", "gone"));
        await Sessions.SetSubscriptionsAsync(gone, [To("a")], []);
        await Sessions.DeleteAsync(gone.Key, gone.Epoch);

        (await Stores.RoutesAsync("acme")).ShouldBe(
            [new StoredRoute("me", To("a", 2)), new StoredRoute("me", To("$share/g/b")), new StoredRoute("you", To("a"))], ignoreOrder: true);
        (await Stores.RoutesAsync("nobody")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Routes_tell_where_the_session_is_connected()
    {
        var hold = await Sessions.SaveAsync(Me, 0, new SessionState(1, new StoredConnection("edge", 77), 60, ConnectionEpoch: 77));
        await Sessions.SetSubscriptionsAsync(hold, [To("$share/g/a")], []);

        (await Stores.RoutesAsync("acme")).ShouldBe([new StoredRoute("me", To("$share/g/a"), "edge", 77)]);
    }

    [Fact]
    public async Task A_deleted_session_is_gone_and_a_new_one_begins_with_nothing()
    {
        var hold = await Stores.BeginAsync();
        await Sessions.SetSubscriptionsAsync(hold, [To("a")], []);
        await Sessions.SetReceivedAsync(hold, [1], []);
        await Stores.Inboxes.AppendAsync(hold, Entries(0, 3));

        await Sessions.DeleteAsync(Me, hold.Epoch);
        (await Sessions.TakeAsync(Me, 9)).ShouldBeNull();
        await Stores.BeginAsync();

        var taken = await Stores.TakeAsync();
        taken.Hold.Id.ShouldNotBe(hold.Id);
        (taken.Subscriptions.Count, taken.Received.Count, taken.Inbox).ShouldBe((0, 0, default));
        (await Stores.NumbersAsync(taken.Hold)).ShouldBeEmpty();
    }

    private static SessionWill Will(User user) => new(
        Message.Create(
            new Topic("clients/me/gone"), [0, 1, 255], QualityOfService.ExactlyOnce, retain: true, forwardedProperties: [0x01, 0x01],
            publisher: new Publisher("me", Epoch: 0)),
        DelaySeconds: uint.MaxValue, MessageExpirySeconds: 77, user);
}
