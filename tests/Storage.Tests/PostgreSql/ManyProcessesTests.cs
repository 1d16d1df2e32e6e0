using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Protocol;
using Starling.Testing.PostgreSql;
using static Starling.Storage.Tests.Contracts.Stores;

namespace Starling.Storage.Tests.PostgreSql;

/// <summary>The stores of two nodes of a cluster on one database.</summary>
public sealed class ManyProcessesTests(SharedPostgres postgres) : IAsyncLifetime
{
    private PostgreSqlStores _one = null!;
    private PostgreSqlStores _other = null!;

    public async ValueTask InitializeAsync()
    {
        var database = await postgres.CreateDatabaseAsync();
        _one = await PostgreSqlStores.OpenAsync(database, isShared: true);
        _other = await PostgreSqlStores.OpenAsync(database, isShared: true);
    }

    public async ValueTask DisposeAsync()
    {
        await _one.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Fact]
    public async Task What_is_under_way_when_another_takes_the_session_is_there_or_refused()
    {
        var hold = await _one.BeginAsync();
        List<Task<IReadOnlyList<long>>> appends = [];
        for (var i = 0; i < 200; i++)
            appends.Add(_one.Inboxes.AppendAsync(hold, Entries(i, 1)).AsTask());
        await appends[20];

        var taken = (await _other.Sessions.TakeAsync(Me, 0)).ShouldNotBeNull();

        await Task.WhenAll(appends).ContinueWith(static _ => { }, TestContext.Current.CancellationToken, TaskContinuationOptions.None, TaskScheduler.Default);
        var committed = appends.TakeWhile(append => append.IsCompletedSuccessfully).Count();
        appends.Skip(committed).ShouldAllBe(append => append.Exception!.InnerException is StaleEpochException);
        taken.Inbox.ShouldBe(new InboxSummary(committed, committed, 2 * committed));
        (await _other.NumbersAsync(taken.Hold)).Length.ShouldBe(committed);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task An_owner_whose_removals_were_refused_is_told_of_it(int removed)
    {
        var hold = await _one.BeginAsync();
        await _one.Inboxes.AppendAsync(hold, Entries(0, 5));
        var taken = (await _other.Sessions.TakeAsync(Me, 0)).ShouldNotBeNull();
        var refused = new TaskCompletionSource();

        await _one.Inboxes.AcknowledgeAsync(hold, Done(Enumerable.Range(0, removed).Select(n => (long)n)), refused.SetResult);

        await refused.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        (await _other.NumbersAsync(taken.Hold)).ShouldBe([0, 1, 2, 3, 4]);
    }

    [Fact]
    public async Task A_shard_s_writes_are_refused_when_another_has_taken_it()
    {
        var older = new ShardFencingToken("acme", 3, await _one.Shards.TakeAsync("acme", 3));
        await _one.Retained.SetAsync("acme", [Retained("a", "1"), Retained("b", "1")], older);
        var newer = new ShardFencingToken("acme", 3, await _other.Shards.TakeAsync("acme", 3));
        var elsewhere = new ShardFencingToken("acme", 4, await _one.Shards.TakeAsync("acme", 4));

        var stale = _one.Retained.SetAsync("acme", [Retained("a", "stale"), Retained("b", "")], older).AsTask();
        var fine = _one.Retained.SetAsync("acme", [Retained("c", "1")], elsewhere).AsTask();

        await Should.ThrowAsync<StaleShardException>(stale);
        await fine;
        await _other.Retained.SetAsync("acme", [Retained("a", "2")], newer);
        (await _one.Shards.IsCurrentAsync(older)).ShouldBeFalse();
        (await _one.Shards.IsCurrentAsync(newer)).ShouldBeTrue();
        (await _one.Shards.IsCurrentAsync(new ShardFencingToken("other", 3, 1))).ShouldBeFalse();
        var read = await _one.Retained.ReadAsync("acme", ["a", "b", "c"], TestContext.Current.CancellationToken);
        read.Select(message => System.Text.Encoding.UTF8.GetString(message.Payload)).ShouldBe(["2", "1", "1"], ignoreOrder: true);
    }

    /// <summary>Two processes take, save, append to and end the same sessions all the time, many in a transaction: nobody waits for ever, and each call is carried out or refused.</summary>
    [Fact]
    public async Task Processes_that_fight_over_the_same_sessions_do_not_stand_in_each_other_s_way()
    {
        SessionKey[] keys = [.. Enumerable.Range(0, 40).Select(i => new SessionKey("acme", $"c{i}"))];
        foreach (var key in keys)
            await _one.BeginAsync(key);
        var appended = 0;

        await Task.WhenAll(new[] { _one, _other }.SelectMany(
            (stores, process) => Enumerable.Range(0, 20).Select(worker => FightAsync(stores, new Random((100 * process) + worker)))));

        var found = 0;
        foreach (var key in keys)
        {
            if (await _one.Sessions.TakeAsync(key, 0) is { } taken)
                found += taken.Inbox.Count;
        }

        found.ShouldBe(appended);
        (_one.Writer.Problem, _other.Writer.Problem).ShouldBe((null, null));

        async Task FightAsync(PostgreSqlStores stores, Random random)
        {
            for (var round = 0; round < 25; round++)
            {
                var key = keys[random.Next(keys.Length)];
                var taken = (await stores.Sessions.TakeAsync(key, 0)).ShouldNotBeNull();
                try
                {
                    var next = taken.Inbox.Next;
                    await stores.Inboxes.AppendAsync(taken.Hold, Entries(next, 2), reserve: next + 10);
                    Interlocked.Add(ref appended, 2);
                    await stores.Sessions.SaveAsync(key, taken.Hold.Epoch, taken.State with { NextNumber = next + 2 });
                    await stores.Sessions.SetReceivedAsync(taken.Hold, [1, 2], [3]);
                    if (random.Next(3) == 0)
                    {
                        await stores.Inboxes.AcknowledgeAsync(taken.Hold, [new InboxAck(next, Received: true)]);
                        await stores.Sessions.SetSubscriptionsAsync(taken.Hold, [To($"{round}")], ["a"]);
                    }
                }
                catch (StaleEpochException)
                {
                }
            }
        }
    }

    private static Message Retained(string topic, string payload) =>
        Message.Create(new Topic(topic), System.Text.Encoding.UTF8.GetBytes(payload), QualityOfService.AtLeastOnce, retain: true);
}
