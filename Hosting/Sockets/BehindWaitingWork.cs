using System.Runtime.CompilerServices;

namespace Starling.Hosting.Sockets;

/// <summary>When awaited, continues behind all that waits for a thread of the pool; at once when nothing does.</summary>
internal readonly struct BehindWaitingWork : ICriticalNotifyCompletion
{
    public bool IsCompleted => ThreadPool.PendingWorkItemCount == 0;

    public BehindWaitingWork GetAwaiter() => this;

    public void GetResult()
    {
        // There is none.
    }

    public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

    // Not the queue of this thread, which would take it next.
    public void UnsafeOnCompleted(Action continuation) =>
        ThreadPool.UnsafeQueueUserWorkItem(static continuation => continuation(), continuation, preferLocal: false);
}
