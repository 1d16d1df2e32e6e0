using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Tenants.Credentials;
using Starling.Protocol;

namespace Starling.Broker.Tests.Sessions;

/// <summary>The store fails or does not answer.</summary>
public sealed class SessionOutageTests : IDisposable
{
    private static readonly StoreUnavailableException Away = new("away");

    private readonly TestCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [Theory]
    [InlineData("TakeAsync")]
    [InlineData("SaveAsync")]
    public async Task A_connection_that_the_store_did_not_take_is_none_and_the_next_one_is(string call)
    {
        _cluster.Stores.Failures[call] = Away;
        await Should.ThrowAsync<StoreUnavailableException>(() => _cluster.ConnectAsync("c"));
        _cluster.Stores.Failures.Clear();

        (await _cluster.ConnectAsync("c")).SessionPresent.ShouldBeFalse();

        _cluster.Stores.StateOf("c")!.Connection!.EdgeId.ShouldBe(_cluster.Edge.Id);
    }

    [Fact]
    public async Task A_session_goes_on_after_a_connection_that_the_store_did_not_take()
    {
        await BeginAsync("c");
        _cluster.Stores.Failures["SaveAsync"] = Away;
        await Should.ThrowAsync<StoreUnavailableException>(() => _cluster.ConnectAsync("c"));
        _cluster.Stores.Failures.Clear();

        var connected = await _cluster.ConnectAsync("c");

        connected.SessionPresent.ShouldBeTrue();
        connected.Subscriptions.ShouldHaveSingleItem().Filter.ShouldBe("a");
    }

    [Fact]
    public async Task A_client_that_was_refused_while_it_waited_leaves_no_session()
    {
        var stall = _cluster.Stores.Stalls["TakeAsync"] = new TaskCompletionSource();
        using var abandoned = new CancellationTokenSource();
        var connecting = ConnectAsync("c", abandoned.Token);
        await abandoned.CancelAsync();
        stall.SetResult();

        await Should.ThrowAsync<OperationCanceledException>(connecting);

        _cluster.Stores.StateOf("c").ShouldBeNull();
    }

    [Fact]
    public async Task A_session_that_was_being_begun_when_its_client_was_refused_is_removed()
    {
        var stall = _cluster.Stores.Stalls["SaveAsync"] = new TaskCompletionSource();
        using var abandoned = new CancellationTokenSource();
        var connecting = ConnectAsync("c", abandoned.Token);
        await abandoned.CancelAsync();
        _cluster.Stores.Stalls.Clear();
        stall.SetResult();

        await Should.ThrowAsync<OperationCanceledException>(connecting);

        _cluster.Stores.StateOf("c").ShouldBeNull();
    }

    [Fact]
    public async Task A_will_that_waits_is_not_called_off_by_a_client_that_was_refused()
    {
        var connected = await _cluster.ConnectAsync("c", will: Will(delay: 60));
        await _cluster.DisconnectAsync("c", connected.Epoch, publishWill: true);
        var stall = _cluster.Stores.Stalls["SaveAsync"] = new TaskCompletionSource();
        using var abandoned = new CancellationTokenSource();
        var connecting = ConnectAsync("c", abandoned.Token);
        await abandoned.CancelAsync();
        _cluster.Stores.Stalls.Clear();
        stall.SetResult();
        await Should.ThrowAsync<OperationCanceledException>(connecting);

        _cluster.Time.Advance(TimeSpan.FromSeconds(59));
        _cluster.Edge.Messages.ShouldBeEmpty();
        _cluster.Time.Advance(TimeSpan.FromSeconds(2));

        _cluster.Edge.Messages.ShouldHaveSingleItem().Topic.Text.ShouldBe("will");
    }

    [Fact]
    public async Task One_who_gave_up_waiting_for_a_connection_before_it_does_not_hold_up_the_next()
    {
        var stall = _cluster.Stores.Stalls["TakeAsync"] = new TaskCompletionSource();
        using var abandoned = new CancellationTokenSource();
        var first = _cluster.ConnectAsync("c");
        var second = ConnectAsync("c", abandoned.Token);
        var third = _cluster.ConnectAsync("c");
        await abandoned.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(second);
        stall.SetResult();

        var (one, three) = (await first, await third);

        three.Epoch.ShouldBeGreaterThan(one.Epoch);
        _cluster.Edge.Closed.Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(QualityOfService.AtLeastOnce)]
    [InlineData(QualityOfService.ExactlyOnce)]
    public async Task A_message_that_the_store_did_not_take_is_told_as_such_and_others_pass(QualityOfService qos)
    {
        await BeginAsync("c");
        _cluster.Stores.Failures["AppendAsync"] = Away;

        (await _cluster.IsNotStoredAsync(TestCluster.Message("a", "lost", qos))).ShouldBeTrue();
        (await _cluster.PublishAsync(TestCluster.Message("nobody", "1", qos))).ShouldBe([ReasonCode.NoMatchingSubscribers]);
        _cluster.Stores.Failures.Clear();
        await _cluster.PublishAsync(TestCluster.Message("a", "kept", qos));
        await _cluster.ConnectAsync("c");

        _cluster.Edge.InboxPayloadsFor("c").ShouldBe(["kept"]);
    }

    [Fact]
    public async Task A_message_whose_inbox_was_not_heard_of_in_time_is_in_doubt()
    {
        await BeginAsync("c");
        _cluster.Stores.Failures["AppendAsync"] = new RemoteCallException("Lost.");
        var batch = new PublishBatch();
        batch.Add(TestCluster.Message("a", "1", QualityOfService.ExactlyOnce));

        await _cluster.Shard.PublishAsync(batch, origin: null);

        (batch.IsNotStored(0), batch.IsInDoubt(0)).ShouldBe((true, true));
    }

    [Fact]
    public async Task A_publisher_waits_as_long_as_the_store_does_not_answer()
    {
        await BeginAsync("c");
        var stall = _cluster.Stores.Stalls["AppendAsync"] = new TaskCompletionSource();

        var publishing = _cluster.PublishAsync(TestCluster.Message("a"));

        publishing.IsCompleted.ShouldBeFalse();
        stall.SetResult();
        (await publishing).ShouldBe([ReasonCode.Success]);
    }

    private async Task BeginAsync(string clientId)
    {
        var connected = await _cluster.ConnectAsync(clientId);
        await _cluster.Session(clientId).SubscribeAsync(
            connected.Epoch, [new Subscription("a", new SubscriptionOptions(QualityOfService.ExactlyOnce), null)]);
        await _cluster.DisconnectAsync(clientId, connected.Epoch);
    }

    private Task<SessionConnected> ConnectAsync(string clientId, CancellationToken abandoned) => _cluster.Session(clientId).ConnectAsync(
        new SessionConnect(_cluster.Edge.Id, CleanStart: false, uint.MaxValue, Will: null, Address: null), abandoned).AsTask();

    private static SessionWill Will(uint delay) => new(TestCluster.Message("will", publisher: "c"), delay, null, User.Anonymous);
}
