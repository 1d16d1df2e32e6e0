using Starling.Broker.Contracts;

namespace Starling.Grains.Placement;

/// <summary>
/// Lets an activation end that has calls under way.
/// </summary>
/// <remarks>
/// Orleans lets an activation go when none of its calls is under way, and keeps new ones back until then. But a shard waits for sessions to
/// take its messages, and a session for a shard to take its routes, or for an edge that wants to say goodbye to the session before it answers.
/// When all of a silo's activations go at once, such calls wait for each other in a circle. So they get some time to end by themselves; then they
/// are answered as lost, which every caller repeats, and finds the next activation. What becomes of them here is what would become of them
/// if the silo had died: the epochs see to it. Sessions get a moment only, since a repeat costs little; shards get longer, since what
/// they have delivered may come as a copy with the repeat.
/// </remarks>
/// <param name="grace">For calls, from the moment that it has to end.</param>
#pragma warning disable CA1001 // Its timer has run when the activation is gone.
internal sealed class CallDrain(TimeSpan grace)
#pragma warning restore CA1001
{
    /// <summary>For a session.</summary>
    public static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    /// <summary>For a shard.</summary>
    public static readonly TimeSpan Long = TimeSpan.FromSeconds(3);

    private readonly CancellationTokenSource _over = new();

    /// <summary>The activation ends soon.</summary>
    public void Begin() => _over.CancelAfter(grace);

    /// <param name="call">A call of the activation.</param>
    /// <exception cref="RemoteCallException">It did not end in time. It may still be carried out.</exception>
    public Task RunAsync(Task call) => call.IsCompleted ? call : WaitAsync(call);

    /// <summary>What the activation still has to do; it is not waited for longer than for a call.</summary>
    public async Task EndAsync(Task ending) =>
        await ending.WaitAsync(grace).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    private async Task WaitAsync(Task call)
    {
        try
        {
            await call.WaitAsync(_over.Token);
        }
        catch (OperationCanceledException) when (!call.IsCompleted)
        {
            // Nobody looks at its end any more.
            _ = call.ContinueWith(static ended => ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw new RemoteCallException("The silo hands over.");
        }
    }
}
