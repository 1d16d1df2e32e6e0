using Starling.Edge.Transports;
using Starling.Protocol;

namespace Starling.Edge.Nodes;

/// <summary>
/// The end of a connection: anybody may ask for it, the connection's own loop carries it out. The steps are <see cref="Begin"/>,
/// <see cref="MarkEnded"/> (nothing goes out or comes in any more) and <see cref="MarkReported"/> (the session knows). Thread-safe.
/// </summary>
#pragma warning disable CA1001 // A cancellation source without a timer holds nothing that has to be disposed.
internal sealed class ConnectionClosing(ClientTransport transport)
#pragma warning restore CA1001
{
    private TaskCompletionSource? _whenReported;
    private CancellationTokenSource? _source;
    private int _reason = -1;
    private bool _aborted;
    private bool _reported;

    /// <summary>Why the connection was told to end; null when it was not.</summary>
    public ReasonCode? Reason => Volatile.Read(ref _reason) is var reason and >= 0 ? (ReasonCode)reason : null;

    public bool HasEnded { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    /// <summary>Whether a newer connection waits to take the session, and has not stopped waiting.</summary>
    public bool IsTakenOver => Reason is ReasonCode.SessionTakenOver && !Volatile.Read(ref _aborted);

    /// <summary>Cancelled when the connection is to end or has ended. Made only for those who have to wait for something.</summary>
    public CancellationToken Token
    {
        get
        {
            var source = LazyInitializer.EnsureInitialized(ref _source);
            if (Reason is not null || HasEnded)
                source.Cancel();
            return source.Token;
        }
    }

    /// <summary>Completes when the connection has ended and the session knows how. Never fails.</summary>
    public Task WhenReported
    {
        get
        {
            var whenReported = LazyInitializer.EnsureInitialized(
                ref _whenReported, static () => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
            if (Volatile.Read(ref _reported))
                whenReported.TrySetResult();
            return whenReported.Task;
        }
    }

    /// <summary>Ends the connection, telling an MQTT 5 client why. The first reason counts.</summary>
    public void Begin(ReasonCode reason)
    {
        Interlocked.CompareExchange(ref _reason, (int)reason, -1);
        transport.Input.CancelPendingRead();
        Cancel();
    }

    /// <summary>Ends the connection at once: what has been read and not been processed is not processed any more.</summary>
    public void Abort()
    {
        Volatile.Write(ref _aborted, true);
        transport.Abort();
    }

    /// <summary>Lets those go on who wait with <see cref="Token"/>.</summary>
    public void Cancel() => Volatile.Read(ref _source)?.Cancel();

    public void MarkEnded()
    {
        HasEnded = true;
        Cancel();
    }

    public void MarkReported()
    {
        Interlocked.Exchange(ref _reported, true);
        Volatile.Read(ref _whenReported)?.TrySetResult();
    }
}
