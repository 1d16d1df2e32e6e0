using Orleans.Serialization.Invocation;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Cluster.Contracts;
using Starling.Grains.Interfaces;
using Starling.Simulation.Engine;

namespace Starling.Cluster.Tests.Serialization;

/// <summary>Calls through Orleans' proxies and serializer.</summary>
public sealed class CallTests
{
    private readonly RecordingSession _session = new();
    private readonly ISession _remote;

    public CallTests() => _remote = Remoting.Proxy<ISessionGrain>(request => CarryAsync(request, _session));

    [Fact]
    public async Task Every_call_of_a_session_arrives_with_its_arguments()
    {
        await SampleCalls.MakeAsync(_remote);

        _session.Calls.ShouldBe(SampleCalls.OfSession);
    }

    [Fact]
    public async Task Every_call_of_shards_edges_and_the_directory_arrives_with_its_arguments()
    {
        var target = new RecordingNode();

        await SampleCalls.MakeAsync(
            Remoting.Proxy<ITopicShardGrain>(request => CarryAsync(request, target)),
            Remoting.Proxy<IEdgeObserver>(request => CarryAsync(request, target)),
            Remoting.Proxy<IEdgeDirectoryGrain>(request => CarryAsync(request, target)),
            Remoting.Proxy<ITenantGrain>(request => CarryAsync(request, target)));

        target.Calls.ShouldBe(SampleCalls.OfNode);
    }

    [Fact]
    public async Task Calls_are_seen_by_the_names_of_their_contracts()
    {
        List<string> seen = [];
        var directory = Remoting.Proxy<IEdgeDirectoryGrain>(request =>
        {
            seen.Add($"{request.GetActivityName()} {request.GetMethod().DeclaringType}");
            return CarryAsync(request, new RecordingNode());
        });

        await directory.LeaveAsync("edge-1");

        seen.ShouldBe([$"IEdgeDirectory/LeaveAsync {typeof(IEdgeDirectory)}"]);
    }

    [Fact]
    public async Task What_a_session_throws_reaches_the_caller_as_what_it_is()
    {
        _session.Failure = new StaleEpochException(new SessionKey("acme", "one"), 7);
        var stale = await Should.ThrowAsync<StaleEpochException>(async () => await _remote.WakeAsync());
        (stale.Session, stale.Epoch, stale.Message).ShouldBe((new SessionKey("acme", "one"), 7, _session.Failure.Message));

        _session.Failure = new StoreUnavailableException("away");
        (await Should.ThrowAsync<StoreUnavailableException>(async () => await _remote.WakeAsync())).Message.ShouldBe("away");

        _session.Failure = new RemoteCallException("lost", new TimeoutException("long"));
        var lost = await Should.ThrowAsync<RemoteCallException>(async () => await _remote.WakeAsync());
        lost.InnerException.ShouldBeOfType<TimeoutException>().Message.ShouldBe("long");

        _session.Failure = new InvalidOperationException("a bug");
        (await Should.ThrowAsync<InvalidOperationException>(async () => await _remote.WakeAsync())).Message.ShouldBe("a bug");
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_heard_by_the_session()
    {
        using var cancellation = new CancellationTokenSource();
        IInvokable? arrived = null;
        var remote = Remoting.Proxy<ISessionGrain>(request =>
        {
            request.GetCancellationToken().ShouldBe(cancellation.Token);
            arrived = Remoting.Read<IInvokable>(Remoting.Write(request));
            return Remoting.InvokeAsync(arrived, _session);
        });
        await remote.ConnectAsync(Samples.Connect, cancellation.Token);

        _session.Abandoned.IsCancellationRequested.ShouldBeFalse();
        arrived!.TryCancel().ShouldBeTrue();
        _session.Abandoned.IsCancellationRequested.ShouldBeTrue();
    }

    [Fact]
    public async Task Deliveries_may_also_come_as_any_other_list()
    {
        await _remote.EnqueueAsync([Samples.Delivery(), Samples.Delivery(), Samples.Delivery()]);
        await _remote.EnqueueAsync(new List<Delivery> { Samples.Delivery() });

        _session.Calls.ShouldBe(["enqueue 3", "enqueue 1"]);
    }

    [Fact]
    public void Within_a_process_messages_go_by_reference()
    {
        Remoting.Copy(Samples.ShardTransfer).ShouldBeSameAs(Samples.ShardTransfer);
        Remoting.Copy(Samples.Push).ShouldBeSameAs(Samples.Push);
        Remoting.Copy((IReadOnlyList<Delivery>)Cluster.Serialization.DeliveryList.Of(Samples.Deliveries))[0].Message.ShouldBeSameAs(Samples.Deliveries[0].Message);
    }

    private static async ValueTask<Response> CarryAsync(IInvokable request, object target)
    {
        var response = await Remoting.InvokeAsync(Remoting.Read<IInvokable>(Remoting.Write(request)), target);
        return Remoting.Read<Response>(Remoting.Write(response));
    }
}
