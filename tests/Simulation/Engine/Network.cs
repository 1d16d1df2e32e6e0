using Orleans.Serialization.Invocation;
using Starling.Broker.Contracts;
using Starling.Cluster.Contracts;
using Starling.Simulation.Nodes;
using Starling.Simulation.Time;

namespace Starling.Simulation.Engine;

/// <summary>
/// Calls between processes, as the bytes that Orleans would send: they take their time, overtake each other, and may be lost, or their answers. A call of which
/// nothing is heard ends in doubt after a while; so does one to a process that has died.
/// </summary>
internal sealed class Network(Scheduler scheduler, Dice dice, Trace trace)
{
    private static readonly TimeSpan LongestCall = TimeSpan.FromSeconds(4);

    private readonly HashSet<(NodeProcess, NodeProcess)> _cut = [];

    /// <summary>Of calls, and of answers: how many are lost.</summary>
    public double Loss { get; set; }

    /// <summary>Of calls, and of answers: how many come much later than others.</summary>
    public double Delay { get; set; }

    /// <summary>What a test has broken on purpose: a transfer to a shard that is lost is answered as if it had been carried out.</summary>
    public bool PretendsTransfers { get; set; }

    /// <summary>What a test has broken on purpose: sees each call before it goes, and may answer in the receiver's place.</summary>
    public Func<IInvokable, Response?>? Interceptor { get; set; }

    public void Cut(NodeProcess one, NodeProcess other) => _cut.Add((one, other));

    public void HealCuts() => _cut.Clear();

    /// <param name="from">Who calls.</param>
    /// <param name="what">Of what kind the receiver is.</param>
    /// <param name="find">Finds it when the call arrives; null when nobody is there.</param>
    /// <param name="request">The call. That it is cancelled travels behind it.</param>
    public async ValueTask<Response> CallAsync(NodeProcess from, string what, Func<Endpoint?> find, IInvokable request)
    {
        if (Interceptor?.Invoke(request) is { } made)
            return made;
        var answered = new TaskCompletionSource<Response>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!from.IsRunning)
            return await answered.Task.ConfigureAwait(false);
        var cancellation = request.GetCancellationToken();
        var cancelled = new CancellationTokenSource();
        using var registration = cancellation.UnsafeRegister(_ => scheduler.After(Latency(), cancelled.Cancel), null);
        // Now: what the caller does with its objects later does not travel.
        var bytes = Remoting.Write(request);
        var local = Remoting.Copy(request);
        var inDoubt = scheduler.After(LongestCall, () => Fail(from, answered, $"no answer from {what}"));
        if (PretendsTransfers && request.GetMethodName() == nameof(IRemoteShard.TransferAsync) && request.GetArgument(0) is ShardTransfer transfer)
            scheduler.After(TimeSpan.FromMilliseconds(100), () => Pretend(from, transfer, answered));
        if (!dice.Chance(Loss))
            scheduler.After(Latency(), () => _ = ArriveAsync(from, what, find, bytes, local, answered, cancelled.Token));
        else
            trace.Add(from.Name, "loses a call to " + what);
        var answer = await answered.Task.ConfigureAwait(false);
        inDoubt.CallOff();
        return answer.Exception is OperationCanceledException && !cancellation.IsCancellationRequested
            ? Response.FromException(new RemoteCallException("the other side gave it up"))
            : answer;
    }

    private async Task ArriveAsync(
        NodeProcess from,
        string what,
        Func<Endpoint?> find,
        byte[] bytes,
        IInvokable local,
        TaskCompletionSource<Response> answered,
        CancellationToken cancellation)
    {
        if (find() is not { } endpoint || !endpoint.Process.IsRunning)
        {
            // Nobody is there: that is heard soon, or not at all.
            if (dice.Chance(0.7))
                scheduler.After(Latency(), () => Fail(from, answered, $"nobody is {what}"));
            return;
        }

        if (IsCut(from, endpoint.Process))
            return;
        var isLocal = endpoint.Process == from;
        var request = isLocal ? local : Remoting.Read<IInvokable>(bytes);
        trace.Add(endpoint.Process.Name, $"{what}.{request.GetMethodName()}");
        if (trace.KeepsLines && CallText.Of(request) is { } text)
            trace.Note(endpoint.Process.Name, $"{endpoint.Key} from {from.Name}: {text}");
        var invoking = Remoting.InvokeAsync(request, endpoint.Target);
        using var registration = cancellation.UnsafeRegister(static request => ((IInvokable)request!).TryCancel(), request);
        var response = await invoking.ConfigureAwait(false);
        var answer = isLocal ? Remoting.Copy(response) : Remoting.Read<Response>(Remoting.Write(response));
        if (!endpoint.Process.IsRunning || IsCut(from, endpoint.Process))
            return;
        if (dice.Chance(Loss))
        {
            trace.Add(endpoint.Process.Name, "loses an answer of " + what);
            return;
        }

        scheduler.After(Latency(), () =>
        {
            if (from.IsRunning)
                answered.TrySetResult(answer);
        });
    }

    private static void Pretend(NodeProcess from, ShardTransfer transfer, TaskCompletionSource<Response> answered)
    {
        var reply = new ShardReply(transfer.KnownEpoch, ShardReplyKind.Done, [.. transfer.Messages.Select(_ => Protocol.ReasonCode.Success)], []);
        if (from.IsRunning)
            answered.TrySetResult(Response.FromResult(reply));
    }

    private static void Fail(NodeProcess from, TaskCompletionSource<Response> answered, string why)
    {
        if (from.IsRunning)
            answered.TrySetResult(Response.FromException(new RemoteCallException(why)));
    }

    private bool IsCut(NodeProcess one, NodeProcess other) => _cut.Count > 0 && (_cut.Contains((one, other)) || _cut.Contains((other, one)));

    private TimeSpan Latency() => dice.Chance(Delay) ? dice.Span(20, 1500) : dice.Span(0.05, 2);
}

/// <summary>An object that calls reach, the process it is in, and which it is.</summary>
/// <param name="Target">Implements the contract of the calls.</param>
internal sealed record Endpoint(NodeProcess Process, string Key, object Target);
