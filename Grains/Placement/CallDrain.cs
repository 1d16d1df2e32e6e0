using Starling.Cluster.Serialization.Calls;
using Starling.Grains.Interfaces;

namespace Starling.Grains.Placement;

/// <summary>
/// Lets an activation end that has calls under way.
/// </summary>
/// <remarks>
/// Orleans lets an activation go when none of its calls is under way, and keeps new ones back until then. But a shard waits for sessions to
/// take its messages, and a session for a shard to take its routes, or for an edge that wants to say goodbye to the session before it answers.
/// When all of a silo's activations go at once, such calls wait for each other in a circle. So they get some time to end by themselves; then they
/// are answered as lost, which every caller repeats, and finds the next activation. What becomes of them here is what would become of them
/// if the silo had died: the epochs see to it. Sessions get a moment only, since nobody minds a repeat; shards get longer, since what
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

    /// <param name="call">Never fails: what goes wrong is in the answer.</param>
    public async ValueTask<WireFrame> CallAsync(ValueTask<ReadOnlyMemory<byte>> call)
    {
        if (call.IsCompletedSuccessfully)
            return new WireFrame(call.Result);
        try
        {
            return new WireFrame(await call.AsTask().WaitAsync(_over.Token));
        }
        catch (OperationCanceledException)
        {
            return new WireFrame(CallReceiver.Lost());
        }
    }

    /// <summary>What the activation still has to do; it is not waited for longer than for a call.</summary>
    public async Task EndAsync(Task ending) =>
        await ending.WaitAsync(grace).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
}
