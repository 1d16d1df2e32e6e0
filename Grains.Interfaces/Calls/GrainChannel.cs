using Starling.Broker.Contracts;
using Starling.Cluster.Serialization.Calls;

namespace Starling.Grains.Interfaces.Calls;

/// <summary>Carries calls to a grain or an observer, and says in the broker's words what went wrong on the way.</summary>
/// <param name="call">A method of the reference.</param>
/// <param name="callUntil">The same for calls that may be given up; null when it has no such calls.</param>
internal sealed class GrainChannel(
    Func<WireFrame, ValueTask<WireFrame>> call, Func<WireFrame, CancellationToken, ValueTask<WireFrame>>? callUntil = null) : IWireChannel
{
    public async ValueTask<ReadOnlyMemory<byte>> CallAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellation)
    {
        try
        {
            var answer = callUntil is not null && cancellation.CanBeCanceled
                ? await callUntil(new WireFrame(frame), cancellation).ConfigureAwait(false)
                : await call(new WireFrame(frame)).ConfigureAwait(false);
            return answer.Bytes;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception error)
        {
            // The receiver puts its own failures into the answer, so this is the way there and back: a time-out, a silo or a client that is
            // gone, a connection that cannot be opened, a gateway that has too much to do, a runtime that is stopping.
            throw new RemoteCallException(error is TimeoutException ? "no answer in time" : $"{error.GetType().Name}: {error.Message}", error);
        }
    }
}
