using Starling.Broker.Contracts;
using static Starling.Storage.Tests.Contracts.Stores;

namespace Starling.Storage.Tests.Contracts;

/// <summary>One owner at a time: what every pair of stores promises whoever writes with an epoch.</summary>
public abstract class EpochContract : IAsyncLifetime
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

    [Theory]
    [InlineData(5, 6)]
    [InlineData(10, 11)]
    [InlineData(11, 11)]
    [InlineData(1_800_000_000_000, 1_800_000_000_000)]
    public async Task Who_takes_a_session_over_gets_a_higher_epoch(long asked, long atLeast)
    {
        await Sessions.SaveAsync(Me, 0, Away(epoch: 10));

        var taken = (await Sessions.TakeAsync(Me, asked)).ShouldNotBeNull();

        var expected = Math.Max(11, atLeast);
        (taken.Hold.Epoch, taken.State.Epoch).ShouldBe((expected, expected));
        (await Sessions.TakeAsync(Me, asked)).ShouldNotBeNull().Hold.Epoch.ShouldBe(expected + 1);
    }

    [Fact]
    public async Task A_save_that_names_another_epoch_changes_nothing()
    {
        await Sessions.SaveAsync(Me, 0, Away(epoch: 10, nextNumber: 3));

        foreach (var wrong in new long[] { 9, 11, 0 })
            await RefusedAsync(async () => await Sessions.SaveAsync(Me, wrong, Away(epoch: 20, nextNumber: 99)));

        (await Stores.TakeAsync()).State.ShouldBe(Away(epoch: 11, nextNumber: 3));
    }

    [Fact]
    public async Task Every_write_of_an_owner_is_refused_once_another_has_taken_the_session()
    {
        var older = await Stores.BeginAsync();
        await Sessions.SetSubscriptionsAsync(older, [To("a")], []);
        await Sessions.SetReceivedAsync(older, [1], []);
        await Stores.Inboxes.AppendAsync(older, Entries(0, 2));
        var newer = (await Stores.TakeAsync()).Hold;

        await RefusedAsync(async () => await Sessions.SaveAsync(Me, older.Epoch, Away(older.Epoch + 1)));
        await RefusedAsync(async () => await Sessions.SetSubscriptionsAsync(older, [To("b")], ["a"]));
        await RefusedAsync(async () => await Sessions.SetReceivedAsync(older, [2], [1]));
        await RefusedAsync(async () => await Stores.Inboxes.AppendAsync(older, Entries(2, 1)));
        await RefusedAsync(async () => await Stores.Inboxes.AcknowledgeAsync(older, [new InboxAck(0, Received: true)]));
        await Sessions.DeleteAsync(Me, older.Epoch);

        (await Stores.Inboxes.ReadAsync(newer, 0, 10)).Select(entry => (entry.Number, entry.Released)).ShouldBe([(0L, false), (1L, false)]);
        var taken = await Stores.TakeAsync();
        taken.Subscriptions.ShouldBe([To("a")]);
        taken.Received.ShouldBe([(ushort)1]);
    }

    [Fact]
    public async Task A_removal_by_an_older_owner_removes_nothing()
    {
        var older = await Stores.BeginAsync();
        await Stores.Inboxes.AppendAsync(older, Entries(0, 2));
        var newer = (await Stores.TakeAsync()).Hold;

        // Nobody waits for the removal of what is done with, so that a store need not tell.
        await IgnoringRefusalAsync(async () => await Stores.Inboxes.AcknowledgeAsync(older, Done(0, 1)));
        await Stores.Inboxes.AppendAsync(newer, Entries(2, 1));

        (await Stores.NumbersAsync(newer)).ShouldBe([0, 1, 2]);
    }

    [Fact]
    public async Task A_connection_raises_the_epoch_and_its_writes_go_on_at_once()
    {
        var first = await Stores.BeginAsync();
        var before = Stores.Inboxes.AppendAsync(first, Entries(0, 1)).AsTask();
        var saved = Sessions.SaveAsync(Me, 1, Away(epoch: 5)).AsTask();
        var after = Stores.Inboxes.AppendAsync(first with { Epoch = 5 }, Entries(1, 1)).AsTask();
        await Task.WhenAll(before, saved, after);

        (await saved).ShouldBe(first with { Epoch = 5 });
        await RefusedAsync(async () => await Stores.Inboxes.AppendAsync(first, Entries(2, 1)));
        (await Stores.NumbersAsync(await saved)).ShouldBe([0, 1]);
    }

    [Fact]
    public async Task A_session_that_ended_is_not_brought_back_by_its_owner_before()
    {
        var hold = await Stores.BeginAsync();
        (await Sessions.DeleteAsync(Me, hold.Epoch)).ShouldBeTrue();

        await RefusedAsync(async () => await Sessions.SaveAsync(Me, hold.Epoch, Away(hold.Epoch)));

        (await Sessions.TakeAsync(Me, 1)).ShouldBeNull();
        (await Sessions.DeleteAsync(Me, hold.Epoch)).ShouldBeTrue();
    }

    [Fact]
    public async Task Of_two_that_begin_a_session_with_one_epoch_one_is_refused()
    {
        await Sessions.SaveAsync(Me, 0, Away(epoch: 10));

        await RefusedAsync(async () => await Sessions.SaveAsync(Me, 0, Away(epoch: 10)));
    }

    [Fact]
    public async Task Who_may_not_remove_a_session_is_told()
    {
        var hold = await Stores.BeginAsync();

        (await Sessions.DeleteAsync(Me, hold.Epoch + 1)).ShouldBeFalse();

        (await Stores.TakeAsync()).Hold.Id.ShouldBe(hold.Id);
    }

    [Fact]
    public async Task A_session_that_ended_takes_no_writes()
    {
        var hold = await Stores.BeginAsync();
        await Sessions.DeleteAsync(Me, hold.Epoch);

        await RefusedAsync(async () => await Sessions.SetSubscriptionsAsync(hold, [To("a")], []));
        await RefusedAsync(async () => await Stores.Inboxes.AppendAsync(hold, Entries(0, 1)));
        await Stores.BeginAsync();
        await RefusedAsync(async () => await Sessions.SetReceivedAsync(hold, [1], []));
        await RefusedAsync(async () => await Stores.Inboxes.AppendAsync(hold, Entries(0, 1)));
    }

    private static Task<StaleEpochException> RefusedAsync(Func<Task> write) => Should.ThrowAsync<StaleEpochException>(write);

    private static async Task IgnoringRefusalAsync(Func<Task> write)
    {
        try
        {
            await write();
        }
        catch (StaleEpochException)
        {
        }
    }
}
