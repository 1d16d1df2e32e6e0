using Microsoft.AspNetCore.Connections;
using Starling.Broker.Contracts;

namespace Starling.Grains.Interfaces.Calls;

/// <summary>
/// Says in the broker's words what went wrong on the way to another process and back: a time-out, a silo or an edge that is gone, a connection
/// that cannot be opened, a gateway that has too much to do, a runtime that is stopping. What the other side throws comes as it is.
/// </summary>
public sealed class LostCalls : IOutgoingGrainCallFilter
{
    /// <exception cref="RemoteCallException">Whether the call was carried out is not known.</exception>
    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            await context.Invoke().ConfigureAwait(false);
        }
        catch (Exception error) when (OwnCalls.Contains(context.InterfaceMethod) && Meaning(error, context) is { } meaning)
        {
            throw new RemoteCallException(meaning, error);
        }
    }

    /// <returns>Null for an exception that says enough.</returns>
    private static string? Meaning(Exception error, IOutgoingGrainCallContext context) => error switch
    {
        TimeoutException => "no answer in time",
        OperationCanceledException => context.Request.GetCancellationToken().IsCancellationRequested ? null : "the other side gave it up",
        OrleansException or ConnectionAbortedException or ConnectionResetException or ObjectDisposedException =>
            $"{error.GetType().Name}: {error.Message}",
        _ => null,
    };
}
