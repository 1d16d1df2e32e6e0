using System.Collections.Concurrent;

namespace Starling.Cli.Client;

/// <summary>Packets that wait for an answer, by packet identifier. Thread-safe.</summary>
internal sealed class PendingRequests
{
    private readonly ConcurrentDictionary<ushort, TaskCompletionSource<object>> _pending = new();
    private Exception? _failure;
    private int _lastIdentifier;

    /// <summary>Why the connection is gone; null while it is not.</summary>
    public Exception? Failure => Volatile.Read(ref _failure);

    /// <summary>Takes a packet identifier that is free. The answer is the packet that <see cref="Complete"/> gets, or the failure.</summary>
    public (ushort Identifier, Task<object> Answer) Begin()
    {
        var answer = new TaskCompletionSource<object>(TaskCreationOptions.RunContinuationsAsynchronously);
        ushort identifier;
        do
            identifier = (ushort)Interlocked.Increment(ref _lastIdentifier);
        while (identifier == 0 || !_pending.TryAdd(identifier, answer));
        // It may have come between.
        if (Failure is { } failure)
            answer.TrySetException(failure);
        return (identifier, answer.Task);
    }

    public void Complete(ushort identifier, object packet)
    {
        if (_pending.TryRemove(identifier, out var waiting))
            waiting.TrySetResult(packet);
    }

    /// <summary>Fails all requests, and those that begin later. The first reason counts.</summary>
    /// <returns>The first reason.</returns>
    public Exception Fail(Exception error)
    {
        var failure = Interlocked.CompareExchange(ref _failure, error, null) ?? error;
        foreach (var identifier in _pending.Keys)
        {
            if (_pending.TryRemove(identifier, out var waiting))
                waiting.TrySetException(failure);
        }

        return failure;
    }
}
